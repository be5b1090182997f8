import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { ProtocolError, fromUtf8 } from '@gridseal/protocol';
import { foreignSentence } from './foreign-file.ts';
import { UsageError } from './usage-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

/**
 * The bytes of a file named on the command line. Of a longer one than `maxLength` only one byte more is read: enough for
 * whoever reads it to refuse it.
 *
 * @throws UsageError when it cannot be read, saying why.
 */
export const readNamedFile = async (file: string, maxLength = Infinity): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of createReadStream(file, { end: maxLength })) chunks.push(chunk as Uint8Array);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new UsageError(`${file} cannot be read: ${REASONS[code] ?? code}`);
  }
  return Buffer.concat(chunks);
};

/** Whether there is a file of a name. */
export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * The text of a file named on the command line, without the byte order mark that editors write.
 *
 * @param what it should be, in words: `a trust file`
 * @throws UsageError when it cannot be read or is no UTF-8 text, saying what it is and what to do
 */
export const readNamedText = async (file: string, what: string, maxLength = Infinity): Promise<string> => {
  const bytes = await readNamedFile(file, maxLength);
  const foreign = foreignSentence(bytes);
  if (foreign !== undefined) throw new UsageError(`${file} is not ${what}: it ${foreign}`);
  try {
    return fromUtf8(bytes, file).replace(/^\ufeff/u, '');
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new UsageError(`${file} is not ${what}: it is not UTF-8 text; save it as UTF-8`);
  }
};
