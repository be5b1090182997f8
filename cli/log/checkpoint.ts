import {
  fromUtf8,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  TlogError,
  verifyNoteSignature,
  type Checkpoint,
  type VerifierKey,
} from '@gridseal/protocol';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { NotProvenError } from '../not-proven-error.ts';
import { UsageError } from '../usage-error.ts';

const keyNamed = (text: string): VerifierKey => {
  try {
    return parseVerifierKey(text);
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause;
    throw new UsageError(`--key is no C2SP verifier key: ${cause.message}`);
  }
};

/**
 * The newest checkpoint of a service, its signature verified.
 *
 * @param key C2SP verifier key of the log; the one that the service shows unless given
 * @throws NotProvenError when it is not signed by the key; UsageError when the key is none
 */
export const readCheckpoint = async (
  client: GridsealClient,
  key: string | undefined,
): Promise<Checkpoint> => {
  const textOf = async (path: string): Promise<string> =>
    fromUtf8(await (await client.request({ path, accept: '*/*' })).bytes(), path);
  const verifier = key === undefined ? parseVerifierKey((await textOf('/log/key')).trim()) : keyNamed(key);
  const note = parseNote(await textOf('/log/checkpoint'));
  if (!note.signatures.some((line) => verifyNoteSignature(note.text, line, verifier)))
    throw new NotProvenError('SignatureLine', `the checkpoint is not signed by ${verifier.name}`);
  return parseCheckpoint(note.text);
};
