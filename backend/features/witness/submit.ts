import type { Primitives } from '@gridseal/protocol/primitives';
import { verifyCosignature } from '@gridseal/protocol/tlog/cosignature';
import { isByKey, parseNote, type NoteSignature } from '@gridseal/protocol/tlog/note';
import {
  formatAddCheckpoint,
  parseCosignatures,
  parseTlogSize,
  TLOG_SIZE_TYPE,
  type AddCheckpoint,
} from '@gridseal/protocol/tlog/witness';
import { WitnessError } from './errors.ts';
import type { Witness } from './types.ts';

/** A witness signed, or says at which size it stands instead of the one we took it to be at. */
export type WitnessAnswer =
  | { readonly status: 'cosigned'; readonly line: NoteSignature }
  | { readonly status: 'conflict'; readonly size: bigint };

/** Longest answer that is read: signature lines of one witness. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Asks a witness to cosign a checkpoint (C2SP tlog-witness, `add-checkpoint`).
 *
 * @param timeoutMs for the whole exchange
 * @throws WitnessError `unreachable`, `refused`, `cosignature-invalid`
 */
export const submitCheckpoint = async (
  witness: Witness,
  request: AddCheckpoint,
  { timeoutMs, primitives }: { readonly timeoutMs: number; readonly primitives: Primitives },
): Promise<WitnessAnswer> => {
  const { name } = witness.key;
  const { status, type, text } = await post(witness, formatAddCheckpoint(request), timeoutMs);
  const size = status === 409 && type === TLOG_SIZE_TYPE ? parseTlogSize(text) : undefined;
  if (size !== undefined) return { status: 'conflict', size };
  if (status !== 200)
    throw new WitnessError('refused', name, `answered ${status}: ${text.slice(0, 200).trim()}`);
  const note = parseNote(request.checkpoint);
  const line = linesOf(name, request.checkpoint, text).find(
    (each) =>
      isByKey(each, witness.key) && verifyCosignature(note.text, each, witness.key, primitives) !== undefined,
  );
  if (line === undefined)
    throw new WitnessError('cosignature-invalid', name, 'answered without a signature that verifies');
  return { status: 'cosigned', line };
};

const post = async (
  witness: Witness,
  body: string,
  timeoutMs: number,
): Promise<{ status: number; type: string | null; text: string }> => {
  try {
    const response = await fetch(`${witness.url}/add-checkpoint`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readShort(response);
    return { status: response.status, type: response.headers.get('content-type'), text };
  } catch (cause) {
    throw new WitnessError('unreachable', witness.key.name, `did not answer at ${witness.url}`, { cause });
  }
};

const readShort = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new RangeError(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
};

const linesOf = (name: string, checkpoint: string, answer: string): readonly NoteSignature[] => {
  try {
    return parseCosignatures(checkpoint, answer);
  } catch (cause) {
    throw new WitnessError('cosignature-invalid', name, 'answered with something else than signature lines', {
      cause,
    });
  }
};
