import { HASH_LENGTH } from '../merkle/hash.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { TlogError } from './errors.ts';
import { parseNote, type NoteSignature } from './note.ts';

/** What a log asks a witness to cosign (C2SP tlog-witness, `add-checkpoint`). */
export type AddCheckpoint = {
  /** Size that the witness cosigned last; 0 when it never did. */
  readonly oldSize: bigint;
  /** RFC 6962 consistency path from `oldSize` to the checkpoint's size; empty from 0. */
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint. */
  readonly checkpoint: string;
};

/** Media type of the size that a witness answers 409 with. */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size';

/** Most lines of a proof: a log has fewer than 2^63 leaves. */
const MAX_PATH = 63;
const OLD_SIZE = /^old (?<size>0|[1-9]\d{0,18})$/u;
const SIZE = /^(?:0|[1-9]\d{0,18})\n$/u;

/**
 * Body of a request to a witness.
 *
 * @throws TlogError `WitnessRequest` for a path that no log has
 * @example await fetch(`${witness}/add-checkpoint`, { method: 'POST', body: formatAddCheckpoint(request) })
 */
export function formatAddCheckpoint({ oldSize, path, checkpoint }: AddCheckpoint): string {
  const body = `old ${oldSize}\n${path.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`;
  parseAddCheckpoint(body);
  return body;
}

/**
 * Reads a request to a witness. Whether its checkpoint is signed and consistent is for the witness to judge.
 *
 * @throws TlogError `WitnessRequest`
 * @example const { oldSize, path, checkpoint } = parseAddCheckpoint(body)
 */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const split = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(split, 0)).split('\n');
  const oldSize = OLD_SIZE.exec(first)?.groups?.size;
  if (oldSize === undefined) throw new TlogError('WitnessRequest', '"old <size>", a proof, an empty line');
  if (lines.length > MAX_PATH) throw new TlogError('WitnessRequest', `at most ${MAX_PATH} hashes of proof`);
  const path = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_LENGTH) throw new TlogError('WitnessRequest', 'base64 of 32 bytes a line');
    return hash;
  });
  return { oldSize: BigInt(oldSize), path, checkpoint: body.slice(split + 2) };
}

/**
 * The signature lines of a witness's answer. Those by keys that are not trusted say nothing.
 *
 * @throws TlogError `NoteText`, `NoteSignatureLine`
 * @example const lines = parseCosignatures(checkpoint, await response.text())
 */
export function parseCosignatures(checkpoint: string, answer: string): readonly NoteSignature[] {
  const { text, signatures } = parseNote(checkpoint);
  const both = parseNote(checkpoint + answer);
  if (both.text !== text) throw new TlogError('NoteText', 'signature lines and nothing else');
  return both.signatures.slice(signatures.length);
}

/**
 * The size that a witness cosigned last, as its 409 says it; undefined for any other text.
 *
 * @example parseTlogSize('20852163\n') // 20852163n
 */
export function parseTlogSize(text: string): bigint | undefined {
  return SIZE.test(text) ? BigInt(text) : undefined;
}
