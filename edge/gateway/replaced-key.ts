import { readFile, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { SdkError } from '@gridseal/sdk/errors';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';

/** What says that a key was replaced, beside it. */
const markerOf = (keyFile: string): string => `${keyFile}.replaced.json`;

/** The name of the key file that replaced a key, or `undefined`. */
export const replacementOf = async (keyFile: string): Promise<string | undefined> => {
  try {
    return (JSON.parse(await readFile(markerOf(keyFile), 'utf8')) as { readonly by: string }).by;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
};

/**
 * @throws SdkError `refused` when a key was replaced: its chain goes on under the new one, and numbers that the old one signed
 * anew would accuse the device
 */
export const refuseReplaced = async (keyFile: string): Promise<void> => {
  const by = await replacementOf(keyFile);
  if (by === undefined) return;
  throw new SdkError('refused', `refused: ${keyFile} was replaced by ${by}, which goes on where it stopped`);
};

/**
 * Hands the chain of a replaced key to the new one: the folder where batches wait, with the number that comes next. Done again
 * after a kill it goes on where it stopped.
 */
export const handOver = async (keyFile: string, newFile: string): Promise<void> => {
  await writeDurableFile(markerOf(keyFile), `${JSON.stringify({ by: basename(newFile) })}\n`);
  try {
    await rename(`${keyFile}.spool`, `${newFile}.spool`);
  } catch (cause) {
    // Nothing was signed yet, or it was handed over before the kill.
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
};
