import { concat, fromBigInt, toBigInt, utf8 } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { TlogError } from './errors.ts';
import { NOTE_ALGORITHM, isByKey, type NoteSignature, type NoteSigner, type VerifierKey } from './note.ts';

const TIMESTAMP_LENGTH = 8;
const SIGNATURE_LENGTH = 64;
const MAX_TIMESTAMP = (1n << 63n) - 1n;

const messageOf = (text: string, timestamp: bigint): Uint8Array =>
  utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);

/**
 * A witness's signature line over a checkpoint (C2SP tlog-cosignature, `cosignature/v1`): as of `timestamp` this was the
 * largest consistent state that it had seen.
 *
 * @param timestamp Unix seconds
 * @throws TlogError `CosignatureTime`, `VerifierKey`; `CheckpointText` for any other text
 * @example cosign(note.text, 1_767_225_600n, witness)
 */
export function cosign(text: string, timestamp: bigint, signer: NoteSigner): NoteSignature {
  if (signer.verifierKey.algorithm !== NOTE_ALGORITHM.cosignature) {
    throw new TlogError('VerifierKey', 'a cosignature key (type 4)');
  }
  if (timestamp < 0n || timestamp > MAX_TIMESTAMP) {
    throw new TlogError('CosignatureTime', `from 0 to ${MAX_TIMESTAMP}`);
  }
  parseCheckpoint(text);
  const { name, keyHash } = signer.verifierKey;
  const signature = concat(fromBigInt(timestamp, TIMESTAMP_LENGTH), signer.sign(messageOf(text, timestamp)));
  return { name, keyHash, signature };
}

/**
 * The time in Unix seconds that a cosignature states, or undefined when it does not verify under the key. Whether that time
 * may lie in the future is the reader's rule.
 *
 * @example note.signatures.some((line) => verifyCosignature(note.text, line, witnessKey) !== undefined)
 */
export function verifyCosignature(
  text: string,
  line: NoteSignature,
  key: VerifierKey,
  primitives: Primitives = portable,
): bigint | undefined {
  const { signature } = line;
  if (key.algorithm !== NOTE_ALGORITHM.cosignature || !isByKey(line, key)) return undefined;
  if (signature.length !== TIMESTAMP_LENGTH + SIGNATURE_LENGTH) return undefined;
  const timestamp = toBigInt(signature.subarray(0, TIMESTAMP_LENGTH));
  if (timestamp > MAX_TIMESTAMP) return undefined;
  const signed = signature.subarray(TIMESTAMP_LENGTH);
  return primitives.verifyEd25519(key.publicKey, messageOf(text, timestamp), signed) ? timestamp : undefined;
}
