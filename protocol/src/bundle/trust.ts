import { utf8, type Hex } from '../bytes.ts';
import { parseVerifierKey } from '../tlog/note.ts';
import { canonicalJson, readJson, shape, type Shape } from './json.ts';

/** A contract that the verifier trusts: where it stands, and what its code hashes to. */
export type TrustedContract = { readonly address: Hex; readonly codeHash: Hex };

/** A log that the verifier trusts. `to` is exclusive; null = until further notice. */
export type TrustedLog = {
  readonly logId: Hex;
  readonly operator: Hex;
  /** C2SP verifier keys that sign checkpoints, each for a range of sizes. */
  readonly noteKeys: readonly { readonly from: string; readonly to: string | null; readonly key: string }[];
};

/** What a verifier believes before it sees a bundle (docs/spec/bundle.md). Integers are decimal strings. */
export type Trust = {
  readonly format: 'gridseal-trust/1';
  readonly chainId: string;
  readonly genesisHash: Hex | null;
  readonly evidenceLog: TrustedContract;
  readonly deviceRegistry: TrustedContract;
  readonly logs: readonly TrustedLog[];
  /** How many of these cosignature keys must have signed a checkpoint of size `from` or more. */
  readonly witnesses: { readonly from: string; readonly quorum: string; readonly keys: readonly string[] };
  readonly finality: { readonly depth: string };
  /** Hashes of blocks that the verifier holds to be canonical. */
  readonly headers: readonly Hex[];
};

const verifierKey: Shape<string> = (value, field) => {
  const found = shape.text(value, field);
  parseVerifierKey(found);
  return found;
};

const contract = shape.object<TrustedContract>({ address: shape.address, codeHash: shape.hash });

const trustShape: Shape<Trust> = shape.object<Trust>({
  format: shape.literal('gridseal-trust/1'),
  chainId: shape.integer,
  genesisHash: shape.nullable(shape.hash),
  evidenceLog: contract,
  deviceRegistry: contract,
  logs: shape.list(
    shape.object<TrustedLog>({
      logId: shape.hash,
      operator: shape.address,
      noteKeys: shape.list(
        shape.object<TrustedLog['noteKeys'][number]>({
          from: shape.integer,
          to: shape.nullable(shape.integer),
          key: verifierKey,
        }),
      ),
    }),
  ),
  witnesses: shape.object<Trust['witnesses']>({
    from: shape.integer,
    quorum: shape.integer,
    keys: shape.list(verifierKey),
  }),
  finality: shape.object<Trust['finality']>({ depth: shape.integer }),
  headers: shape.list(shape.hash),
});

/**
 * Reads a trust file. Unlike a bundle it may be laid out as its author likes.
 *
 * @throws ProtocolError `InvalidJson` naming the member; TlogError `VerifierKey`
 * @example const trust = parseTrust(await readFile('trust.json', 'utf8'))
 */
export function parseTrust(source: string): Trust {
  return readJson(source, trustShape, 'trust');
}

/** Bytes of a trust file. */
export function encodeTrust(trust: Trust): Uint8Array {
  return utf8(canonicalJson(trustShape(trust, 'trust')));
}
