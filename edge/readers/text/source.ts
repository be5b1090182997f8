import { createHash, hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../file-error.ts';

/** Bytes that are read, hashed and decoded at once. */
const CHUNK_BYTES = 1_048_576;

/**
 * What a first reading of a file noted of its bytes, so that a second one can tell that it sees the same before it uses them: a
 * hash of each chunk.
 */
export type SeenBytes = {
  readonly bytes: number;
  readonly sha256: string;
  readonly chunks: readonly string[];
};

const unreadable = (file: string, cause: unknown): FileError =>
  new FileError('unreadable', file, cause instanceof Error ? cause.message : String(cause));

const openFile = async (file: string): Promise<FileHandle> => {
  try {
    return await open(file, 'r');
  } catch (cause) {
    throw unreadable(file, cause);
  }
};

const fill = async (handle: FileHandle, file: string, bytes: Uint8Array): Promise<Uint8Array> => {
  let at = 0;
  try {
    while (at < bytes.length) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return bytes.subarray(0, at);
};

/** The first bytes of a file and how many it has. @throws FileError `unreadable`, `empty` */
export const readHead = async (
  file: string,
  limit: number,
): Promise<{ readonly head: Uint8Array; readonly size: number }> => {
  const handle = await openFile(file);
  try {
    const head = await fill(handle, file, new Uint8Array(limit));
    if (head.length === 0) throw new FileError('empty', file, 'the file is empty');
    return { head, size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
};

/**
 * The bytes of a file, a chunk at a time.
 *
 * @param seen what an earlier reading noted; without it the noted bytes are handed to `noted` at the end
 * @throws FileError `unreadable`; `changed` before a chunk that is not the one seen
 */
export async function* readChunks(
  file: string,
  how: { readonly seen: SeenBytes } | { readonly noted: (seen: SeenBytes) => void },
): AsyncGenerator<Uint8Array> {
  const handle = await openFile(file);
  const chunks: string[] = [];
  const whole = createHash('sha256');
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await fill(handle, file, new Uint8Array(CHUNK_BYTES));
      const name = hash('sha256', chunk, 'base64');
      const isEnd = chunk.length < CHUNK_BYTES;
      if ('seen' in how) {
        const isLast = chunks.length === how.seen.chunks.length - 1;
        if (how.seen.chunks[chunks.length] !== name || isEnd !== isLast)
          throw new FileError('changed', file, 'the file changed while it was read: run the command again');
      } else whole.update(chunk);
      chunks.push(name);
      bytes += chunk.length;
      if (chunk.length > 0) yield chunk;
      if (isEnd) break;
    }
  } finally {
    await handle.close();
  }
  if ('noted' in how) how.noted({ bytes, sha256: whole.digest('hex'), chunks });
}
