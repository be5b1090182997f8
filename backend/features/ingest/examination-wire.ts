import type { Checked, Examinable, SealedPayload } from './candidate.ts';
import type { Refusal } from './types.ts';

/**
 * Statements and what was found of them as one buffer each way. Threads hand buffers over without a copy; as objects, every
 * field of every statement would be a buffer to make, copy and free on both sides.
 */

const HASH = 32;
const ADDRESS = 20;
/** own key, telemetry, signature length, none; count; start; end; columnar length, none. */
const HEAD = 32;
const NOTHING = new Uint8Array(0);
const [HAS_OWNER, HAS_TELEMETRY] = [1, 2];

/** A refusal and where in the list it belongs. */
export type RefusedAt = {
  readonly at: number;
  readonly refused: Refusal;
  readonly digest: Uint8Array | undefined;
};

const lengthOf = ({ signature, telemetry }: Examinable): number =>
  HEAD +
  HASH * (telemetry === undefined ? 2 : 4) +
  ADDRESS +
  signature.length +
  (telemetry?.columnar.length ?? 0);

/** A buffer of its own, as handing over needs it. */
export const bufferOf = (length: number): Buffer => Buffer.allocUnsafeSlow(length);

export const packStatements = (statements: readonly Examinable[]): Buffer => {
  const bytes = bufferOf(statements.reduce((sum, statement) => sum + lengthOf(statement), 0));
  let at = 0;
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  for (const { digest, signature, keyId, ownKeyOf, telemetry } of statements) {
    bytes[at] = (ownKeyOf === undefined ? 0 : HAS_OWNER) | (telemetry === undefined ? 0 : HAS_TELEMETRY);
    bytes[at + 1] = signature.length;
    bytes.writeUInt32LE(telemetry?.count ?? 0, at + 4);
    bytes.writeDoubleLE(telemetry?.startMs ?? 0, at + 8);
    bytes.writeDoubleLE(telemetry?.endMs ?? 0, at + 16);
    bytes.writeUInt32LE(telemetry?.columnar.length ?? 0, at + 24);
    at += HEAD;
    put(digest);
    put(keyId);
    if (ownKeyOf === undefined) at += ADDRESS;
    else put(ownKeyOf);
    put(signature);
    if (telemetry === undefined) continue;
    put(telemetry.readingsRoot);
    put(telemetry.batchKey);
    put(telemetry.columnar);
  }
  return bytes;
};

/** Statements as they were packed. Their bytes are views. */
export const unpackStatements = (bytes: Uint8Array): Examinable[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const statements: Examinable[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = at;
    const flags = buffer[head]!;
    at += HEAD;
    const take = (length: number): Uint8Array => {
      at += length;
      return new Uint8Array(bytes.buffer, bytes.byteOffset + at - length, length);
    };
    const digest = take(HASH);
    const keyId = take(HASH);
    const owner = take(ADDRESS);
    const signature = take(buffer[head + 1]!);
    const hasTelemetry = (flags & HAS_TELEMETRY) !== 0;
    statements.push({
      digest,
      keyId,
      signature,
      ownKeyOf: (flags & HAS_OWNER) === 0 ? undefined : owner,
      telemetry: !hasTelemetry
        ? undefined
        : {
            count: buffer.readUInt32LE(head + 4),
            startMs: buffer.readDoubleLE(head + 8),
            endMs: buffer.readDoubleLE(head + 16),
            readingsRoot: take(HASH),
            batchKey: take(HASH),
            columnar: take(buffer.readUInt32LE(head + 24)),
          },
    });
  }
  return statements;
};

const CID = 36;
/** Block length, or one of the two below. */
const ENTRY_HEAD = 4;
const NO_PAYLOAD = 0xffff_ffff;
const REFUSED = 0xffff_fffe;

/** What was found of statements: sealed payloads in a buffer, refusals beside it. */
export const packFindings = (
  checked: readonly Checked<SealedPayload | undefined>[],
): { readonly bytes: Buffer; readonly refusals: readonly RefusedAt[] } => {
  const payloads = checked.map((one) => ('passed' in one ? one.passed : undefined));
  const length = payloads.reduce(
    (sum, payload) => sum + ENTRY_HEAD + (payload === undefined ? 0 : HASH + CID + payload.block.length),
    0,
  );
  const bytes = bufferOf(length);
  const refusals: RefusedAt[] = [];
  let at = 0;
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  checked.forEach((one, i) => {
    const payload = payloads[i];
    const state = 'refused' in one ? REFUSED : (payload?.block.length ?? NO_PAYLOAD);
    at = bytes.writeUInt32LE(state, at);
    if ('refused' in one) refusals.push({ at: i, ...one });
    if (payload === undefined) return;
    put(payload.keyCommitment);
    put(payload.cid);
    put(payload.block);
  });
  return { bytes, refusals };
};

/** Findings as they were packed. Their bytes are views. */
export const unpackFindings = (
  bytes: Uint8Array,
  refusals: readonly RefusedAt[],
): Checked<SealedPayload | undefined>[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Checked<SealedPayload | undefined>[] = [];
  let [at, refused] = [0, 0];
  const take = (length: number): Uint8Array => {
    at += length;
    return length === 0 ? NOTHING : new Uint8Array(bytes.buffer, bytes.byteOffset + at - length, length);
  };
  while (at < bytes.length) {
    const state = buffer.readUInt32LE(at);
    at += ENTRY_HEAD;
    if (state === NO_PAYLOAD) found.push({ passed: undefined });
    else if (state === REFUSED) {
      const { refused: refusal, digest } = refusals[refused++]!;
      found.push({ refused: refusal, digest });
    } else found.push({ passed: { keyCommitment: take(HASH), cid: take(CID), block: take(state) } });
  }
  return found;
};
