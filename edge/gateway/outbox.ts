import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurableFile } from '@gridseal/sdk/node/durable-file';

const BATCH = /^\d{16}\.batch$/u;
const fileName = (sequence: bigint): string => `${String(sequence).padStart(16, '0')}.batch`;

/** A signed batch that waits for its receipt. `item` is what the service is sent, verbatim on every try. */
export type WaitingBatch = { readonly sequence: bigint; readonly item: Uint8Array };

/** Batches signed but not yet receipted, on disk, oldest first. */
export type Outbox = {
  /** Makes a batch durable. Nothing is sent before this returns. */
  readonly put: (batch: WaitingBatch) => Promise<void>;
  readonly list: () => Promise<readonly WaitingBatch[]>;
  /** Forgets batches the service has given receipts for. */
  readonly remove: (sequences: readonly bigint[]) => Promise<void>;
  /** Sets a batch aside that the service refuses for good, with its reason beside it. */
  readonly setAside: (sequence: bigint, reason: string) => Promise<void>;
};

/**
 * An outbox in a folder: one file a batch, written whole and synced, so a power cut
 * leaves either the batch or nothing.
 */
export const openOutbox = async (folder: string): Promise<Outbox> => {
  const refused = join(folder, 'refused');
  await mkdir(refused, { recursive: true });
  return {
    put: ({ sequence, item }) => writeDurableFile(join(folder, fileName(sequence)), item),
    list: async () => {
      const names = (await readdir(folder)).filter((name) => BATCH.test(name)).sort();
      return Promise.all(
        names.map(async (name) => ({
          sequence: BigInt(name.slice(0, 16)),
          item: new Uint8Array(await readFile(join(folder, name))),
        })),
      );
    },
    remove: async (sequences) => {
      for (const sequence of sequences) await rm(join(folder, fileName(sequence)), { force: true });
      await syncFolder(folder);
    },
    setAside: async (sequence, reason) => {
      await writeFile(join(refused, `${fileName(sequence)}.reason`), `${reason}\n`);
      await rename(join(folder, fileName(sequence)), join(refused, fileName(sequence)));
      await syncFolder(refused);
      await syncFolder(folder);
    },
  };
};
