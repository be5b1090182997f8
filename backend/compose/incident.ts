import type { Primitives } from '@gridseal/protocol/primitives';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import { parseNote, type NoteSigner } from '@gridseal/protocol/tlog/note';

import type { DurableFiles } from '../adapters/durable-file/durable-files.ts';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { isSignedByUs } from '../features/anchor/provenance.ts';
import { haltedBy, type AnchorWatch } from '../features/anchor/watch.ts';
import type { ContentStore } from '../features/payloads/types.ts';
import { readHead } from '../features/sequencer/log-store.ts';
import { createPublishedFile } from '../features/sequencer/published.ts';

/**
 * Tells a stolen anchor key from a database that is older than its chain, as far as that can be told: the database has no log at
 * all, the published file is ahead of it, or our own note key signed what was anchored. Then the sequencer refuses to take the
 * log over, and says so. Otherwise the service serves what it has, and takes nothing.
 *
 * @returns why nothing may be taken into the log or signed, for as long as the process runs
 */
export const composeIncident = async (options: {
  readonly watch: AnchorWatch;
  readonly database: Database;
  readonly files: DurableFiles;
  readonly dataDir: string;
  readonly content: Pick<ContentStore, 'get'>;
  readonly note: NoteSigner;
  readonly primitives: Primitives;
  readonly logger: Logger;
}): Promise<() => string | undefined> => {
  const { watch, database, files, dataDir, content, note, primitives, logger } = options;
  const foreign = watch.foreign();
  if (foreign === undefined) return () => haltedBy(watch);
  const head = await readHead(database);
  const published = sizeOf(await createPublishedFile(files, dataDir).read());
  const isBehind =
    head === undefined ||
    published > head.size ||
    (await isSignedByUs(foreign, { read: (cid) => content.get(cid), note, primitives }));
  if (isBehind) return () => undefined;
  logger.error(`the log is served and not continued: ${haltedBy(watch) ?? ''}`);
  return () => haltedBy(watch);
};

/** What is no checkpoint is told of by whoever takes the log over. */
const sizeOf = (note: string | undefined): bigint => {
  try {
    return note === undefined ? 0n : parseCheckpoint(parseNote(note).text).size;
  } catch (error) {
    if (error instanceof TlogError) return 0n;
    throw error;
  }
};
