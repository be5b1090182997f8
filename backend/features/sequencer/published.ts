import { join } from 'node:path';
import { fromUtf8 } from '@gridseal/protocol/bytes';
import type { DurableFiles } from '../../adapters/durable-file/durable-files.ts';

/** The newest checkpoint that may have been seen by anyone, outside the database and its backups. */
export type PublishedFile = {
  readonly read: () => Promise<string | undefined>;
  /** Resolves when the checkpoint would survive a power cut. */
  readonly write: (checkpoint: string) => Promise<void>;
};

/** `published` in the data folder: a restored database that is behind it must not go on. */
export const createPublishedFile = (files: DurableFiles, dataDir: string): PublishedFile => {
  const path = join(dataDir, 'published');
  return {
    read: async () => {
      const bytes = await files.read(path);
      return bytes === undefined ? undefined : fromUtf8(bytes, 'published');
    },
    write: (checkpoint) => files.write(path, checkpoint, 0o644),
  };
};
