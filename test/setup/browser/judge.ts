// Runs in a browser: nothing here may need Node.
import {
  ProtocolError,
  fromHex,
  parseTrust,
  readBundle,
  verify,
  type Hex,
  type Outcome,
  type VerifyOptions,
} from '../../../protocol/src/index.ts';

/** A bundle to judge, as bytes, by the trust of the same place in `trusts`. */
export type JudgeTask = {
  readonly cases: readonly {
    readonly bundle: Hex;
    readonly trust: string;
    /** As JSON has them: without the time of the block that is named in `notBefore`. */
    readonly options?: Omit<VerifyOptions, 'notBefore'> & { readonly notBefore?: object };
  }[];
};

/** What became of a bundle: its outcome, layers and remarks, or why it is none. */
export type Judgement =
  | {
      readonly holds: boolean;
      readonly layers: Readonly<Record<string, string>>;
      readonly outcome: Outcome;
      readonly remarks: readonly string[];
    }
  | { readonly code: string; readonly field: string };

/** Judges every bundle of a task. */
export const run = ({ cases }: JudgeTask): Judgement[] =>
  cases.map(({ bundle, trust, options }) => {
    try {
      const { bundle: read, isReformatted } = readBundle(fromHex(bundle));
      const { notBefore, ...others } = options ?? {};
      const { holds, outcome, remarks, layers } = verify(read, parseTrust(trust), {
        ...others,
        isReformatted,
        ...(notBefore === undefined
          ? {}
          : { notBefore: { timestamp: 0n, ...notBefore } as NonNullable<VerifyOptions['notBefore']> }),
      });
      return {
        holds,
        outcome,
        remarks: remarks.map(({ code }) => code),
        layers: Object.fromEntries(
          layers.map(({ layer, status, code }) => [layer, code === undefined ? status : `${status} ${code}`]),
        ),
      };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { code: error.code, field: error.field };
    }
  });
