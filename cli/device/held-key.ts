import { readKeyFile, type HeldKey } from '../../edge/gateway/key-file.ts';
import { holdAlone, type Hold } from '../../edge/spool/holder.ts';
import { readNamedText } from '../read-file.ts';

/** The key of a file that the command line names. @throws UsageError when it cannot be read; SdkError `bad-key-file` */
export const heldKey = async (file: string): Promise<HeldKey> => {
  await readNamedText(file, 'a key file');
  return readKeyFile(file);
};

/**
 * Holds a key, and the folder where its batches wait, for this process alone.
 *
 * @throws InUseError at once when another process holds one of them
 */
export const holdKey = async (keyFile: string, folder?: string): Promise<Hold> => {
  const key = await holdAlone(keyFile);
  // A folder of its own may be named for two keys.
  if (folder === undefined) return key;
  try {
    const spool = await holdAlone(folder);
    return {
      release: () => {
        spool.release();
        key.release();
      },
    };
  } catch (error) {
    key.release();
    throw error;
  }
};

/** Does work while it holds a key. @throws InUseError */
export const withKeyHeld = async <T>(keyFile: string, work: () => Promise<T>): Promise<T> => {
  const hold = await holdKey(keyFile);
  try {
    return await work();
  } finally {
    hold.release();
  }
};
