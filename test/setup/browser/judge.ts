// Runs in a browser: nothing here may need Node.
import {
  ProtocolError,
  decodeBundle,
  fromHex,
  parseTrust,
  verify,
  type Hex,
  type VerifyOptions,
} from '../../../protocol/src/index.ts';

/** A bundle to judge, as bytes, by the trust of the same place in `trusts`. */
export type JudgeTask = {
  readonly cases: readonly {
    readonly bundle: Hex;
    readonly trust: string;
    readonly options?: VerifyOptions;
  }[];
};

/** What became of a bundle: its layers, or why it is none. */
export type Judgement =
  | { readonly holds: boolean; readonly layers: Readonly<Record<string, string>> }
  | { readonly code: string; readonly field: string };

/** Judges every bundle of a task. */
export const run = ({ cases }: JudgeTask): Judgement[] =>
  cases.map(({ bundle, trust, options }) => {
    try {
      const { holds, layers } = verify(decodeBundle(fromHex(bundle)), parseTrust(trust), options);
      return {
        holds,
        layers: Object.fromEntries(
          layers.map(({ layer, status, code }) => [layer, code === undefined ? status : `${status} ${code}`]),
        ),
      };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { code: error.code, field: error.field };
    }
  });
