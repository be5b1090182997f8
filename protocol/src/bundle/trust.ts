import { toHex, utf8, type Hex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { NOTE_ALGORITHM, parseVerifierKey, type NoteAlgorithm } from '../tlog/note.ts';
import { MAX_BUNDLE_LENGTH } from './bundle.ts';
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

const verifierKey =
  (algorithm: NoteAlgorithm, expected: string): Shape<string> =>
  (value, field) => {
    const found = shape.text(value, field);
    if (parseVerifierKey(found).algorithm !== algorithm) throw refusal(field, expected);
    return found;
  };

const refusal = (field: string, expected: string): ProtocolError =>
  new ProtocolError('InvalidJson', field, { expected });

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
          key: verifierKey(NOTE_ALGORITHM.ed25519, 'an Ed25519 note key (type 1)'),
        }),
      ),
    }),
  ),
  witnesses: shape.object<Trust['witnesses']>({
    from: shape.integer,
    quorum: shape.integer,
    keys: shape.list(verifierKey(NOTE_ALGORITHM.cosignature, 'a cosignature key (type 4)')),
  }),
  finality: shape.object<Trust['finality']>({ depth: shape.integer }),
  headers: shape.list(shape.hash),
});

/** What the members of a trust file say of each other. A file that contradicts itself would be read as its first half. */
function requireRules({ logs, witnesses }: Trust): void {
  requireDistinct(
    logs.map(({ logId }) => logId),
    (i) => `trust.logs[${i}].logId`,
  );
  logs.forEach(({ noteKeys }, i) => {
    noteKeys.forEach(({ from, to }, k) => {
      if (to !== null && BigInt(to) <= BigInt(from)) {
        throw refusal(`trust.logs[${i}].noteKeys[${k}].to`, `more than ${from}`);
      }
    });
  });
  // One witness under two names would count for two.
  requireDistinct(
    witnesses.keys.map((key) => toHex(parseVerifierKey(key).publicKey)),
    (i) => `trust.witnesses.keys[${i}]`,
  );
}

function requireDistinct(values: readonly string[], fieldOf: (index: number) => string): void {
  const seen = new Set<string>();
  values.forEach((value, i) => {
    if (seen.has(value)) throw refusal(fieldOf(i), 'each once');
    seen.add(value);
  });
}

/**
 * Reads a trust file. Unlike a bundle it may be laid out as its author likes.
 *
 * @throws ProtocolError `TooLong`; `InvalidJson` naming the member; TlogError `VerifierKey`
 * @example const trust = parseTrust(await readFile('trust.json', 'utf8'))
 */
export function parseTrust(source: string): Trust {
  if (source.length > MAX_BUNDLE_LENGTH) {
    throw new ProtocolError('TooLong', 'trust', { expected: MAX_BUNDLE_LENGTH, actual: source.length });
  }
  const trust = readJson(source, trustShape, 'trust');
  requireRules(trust);
  return trust;
}

/** Bytes of a trust file. @throws ProtocolError `InvalidJson`; TlogError `VerifierKey` */
export function encodeTrust(trust: Trust): Uint8Array {
  const checked = trustShape(trust, 'trust');
  requireRules(checked);
  return utf8(canonicalJson(checked));
}
