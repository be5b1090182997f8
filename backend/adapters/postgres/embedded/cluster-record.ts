import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { z } from 'zod';
import type { DurableFiles } from '../../durable-file/durable-files.ts';
import { type Account, canReach } from './account.ts';
import { type Cluster, PostgresStartError } from './server.ts';

/** Clusters of data folders that the server's account cannot enter. */
export const SYSTEM_STATE = '/var/lib/gridseal';
const INSIDE = 'postgres';

const schema = z.strictObject({
  /** `postgres`, which goes with the data folder wherever that is moved or copied, or the path of a cluster elsewhere. */
  folder: z.string(),
  /** Of a cluster elsewhere: the data folder that it belongs to. */
  dataDir: z.string().optional(),
  user: z.string(),
  password: z.string(),
});
type ClusterRecord = z.infer<typeof schema>;

const fileOf = (dataDir: string): string => join(dataDir, 'postgres.json');

/** Without the password in it nobody enters the cluster. */
const unreadable = (dataDir: string, state: string): PostgresStartError =>
  new PostgresStartError(
    'record-unreadable',
    `${fileOf(dataDir)}, which holds the password of the database in ${dataDir}, ${state}: put a copy of it back. ` +
      'Without one, move both away and restore the log from its chain and IPFS (docs/guide/recovery.md)',
    join(dataDir, 'postgres.log'),
  );

const parse = (text: string, dataDir: string): ClusterRecord => {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw unreadable(dataDir, 'is damaged');
    throw error;
  }
};

const read = async (files: DurableFiles, dataDir: string): Promise<ClusterRecord | undefined> => {
  const bytes = await files.read(fileOf(dataDir));
  if (bytes === undefined) return undefined;
  const record = parse(new TextDecoder().decode(bytes), dataDir);
  // Once the path of a cluster inside was written in full, so that a copy of the folder used the original's.
  const isInside = record.dataDir === undefined && !record.folder.startsWith(`${SYSTEM_STATE}${sep}`);
  return isInside ? { ...record, folder: INSIDE } : record;
};

const encode = (record: ClusterRecord): string => `${JSON.stringify(record, null, 2)}\n`;

const create = async (files: DurableFiles, account: Account, dataDir: string): Promise<ClusterRecord> => {
  if (existsSync(join(dataDir, INSIDE))) throw unreadable(dataDir, 'is gone');
  const common = { user: 'gridseal', password: randomBytes(24).toString('hex') };
  const mark = createHash('sha256').update(dataDir).update(randomBytes(8)).digest('hex').slice(0, 16);
  const record = (await canReach(account, join(dataDir, INSIDE)))
    ? { ...common, folder: INSIDE }
    : { ...common, folder: join(SYSTEM_STATE, mark, 'postgres'), dataDir };
  await files.create(fileOf(dataDir), encode(record));
  return record;
};

/** A cluster elsewhere goes with a data folder that is moved; a copy of one would share it with the original. */
const claim = async (files: DurableFiles, record: ClusterRecord, dataDir: string): Promise<void> => {
  if (record.dataDir === dataDir) return;
  if (record.dataDir !== undefined && (await read(files, record.dataDir))?.folder === record.folder)
    throw new PostgresStartError(
      'folder-copied',
      `${dataDir} is a copy of ${record.dataDir}, and the database of both is in ${record.folder}, which was not copied: ` +
        'use the original, or give the copy a DATABASE_URL of its own',
      join(dataDir, 'postgres.log'),
    );
  await files.write(fileOf(dataDir), encode({ ...record, dataDir }));
};

/**
 * Where the cluster of a data folder is, and how to enter it. The record of it is made on first use.
 *
 * @throws PostgresStartError `folder-copied`, `record-unreadable`
 */
export const clusterOf = async (files: DurableFiles, account: Account, dataDir: string): Promise<Cluster> => {
  // A cluster whose record is gone after a power cut would be taken for none, and a new one begun.
  await files.settle(dataDir);
  const record = (await read(files, dataDir)) ?? (await create(files, account, dataDir));
  const { folder, user, password } = record;
  if (!isAbsolute(folder)) return { folder: join(dataDir, folder), user, password };
  await claim(files, record, dataDir);
  return { folder, user, password };
};
