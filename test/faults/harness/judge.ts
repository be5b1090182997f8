import assert from 'node:assert/strict';
import { equal, fromHex, toHex } from '@gridseal/protocol/bytes';
import { decodeEntryBundle } from '@gridseal/protocol';
import { auditLog } from '@gridseal/sdk/audit/audit';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { CID } from 'multiformats/cid';
import { privateKeyToAccount } from 'viem/accounts';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import type { LogReader } from '../../../backend/features/log/types.ts';
import type { Database } from '../../../backend/adapters/postgres/database.ts';
import type { NoteSigner } from '@gridseal/protocol/tlog/note';
import { anchorsOf, answersOf, recordsOf } from './chain-records.ts';
import type { Senders } from './senders.ts';
import type { World } from './world.ts';

/** Checkpoints that were shown to someone. */
export type Shown = Map<bigint, Uint8Array>;

/** Remembers what a process shows; a size with two roots is a fork. */
export const look = async (log: LogReader, shown: Shown): Promise<void> => {
  const head = await log.head();
  if (head === undefined) return;
  const before = shown.get(head.size);
  assert.ok(before === undefined || equal(before, head.root), `forked at size ${head.size}`);
  shown.set(head.size, head.root);
};

const { primitives } = await loadPrimitives();

/**
 * Judges a world at rest: nothing acknowledged is lost, nothing shown was taken back, every byte is as signed, and no anchor
 * was paid for twice.
 */
export const judge = async (parts: {
  readonly world: World;
  readonly database: Database;
  readonly log: LogReader;
  readonly content: ContentStore;
  readonly note: NoteSigner;
  readonly senders: Senders;
  readonly shown: Shown;
}): Promise<void> => {
  const { log, senders, shown } = parts;
  assert.equal(senders.waiting(), 0, 'every batch has its receipt in the end');
  for (const [name, { batch, entryHash }] of senders.held) {
    const index = await log.indexOf(batch.digest);
    assert.notEqual(index, undefined, `acknowledged and lost: ${name}`);
    assert.equal(
      toHex(await log.leafHash(index!)),
      entryHash,
      `another entry than was acknowledged: ${name}`,
    );
  }
  for (const [size, root] of shown)
    assert.equal(toHex(await log.root(size)), toHex(root), `the checkpoint shown at ${size} was taken back`);
  await judgeBytes(parts);
  await judgeChain(parts);
};

/** What `gridseal fsck` reads over HTTP, read from the process itself. */
const judgeBytes = async ({
  world,
  database,
  log,
  content,
  note,
}: Parameters<typeof judge>[0]): Promise<void> => {
  const head = await log.head();
  const report = await auditLog({
    source: {
      checkpoint: async () => head?.checkpoint ?? '',
      entries: async (bundle, width) => decodeEntryBundle(await log.bundle(bundle, width)),
      tile: (level, index, width) => log.tile(level, index, width),
      payloadsBelow: async () => {
        const [row] = await database.query<{ below: bigint | null }>(
          'SELECT max(to_index) AS below FROM segment',
        );
        return row?.below ?? 0n;
      },
      payload: (cid) => content.get(CID.decode(cid)),
      anchors: async () =>
        (await anchorsOf(world)).map(({ args }) => ({ size: args.size, root: fromHex(args.root) })),
    },
    key: note.verifierKey,
    domain: world.domain,
    primitives,
    payloads: 'read',
  });
  assert.deepEqual(report.findings, []);
  assert.deepEqual([report.size, report.payloads.waiting], [head?.size, 0]);
};

const judgeChain = async ({ world, log }: Parameters<typeof judge>[0]): Promise<void> => {
  const { client } = world.chain;
  // One block for everything that is counted: the service goes on meanwhile.
  const blockNumber = await client.getBlockNumber();
  const sizes = (await anchorsOf(world, blockNumber)).map(({ args }) => args.size);
  assert.ok(
    sizes.every((size, i) => i === 0 || size > sizes[i - 1]!),
    `anchors do not grow: ${sizes.join(' ')}`,
  );
  assert.equal(sizes.at(-1), (await log.head())?.size, 'the newest checkpoint is anchored');
  const { address } = privateKeyToAccount(world.keys.anchor);
  const paid = await client.getTransactionCount({ address, blockNumber });
  const recorded = await recordsOf(world, blockNumber);
  const answered = await answersOf(world, blockNumber);
  const wasted = paid - sizes.length - recorded - answered;
  assert.ok(
    wasted >= 0 && wasted <= world.mayBeWasted,
    `of ${paid} transactions that were paid for, ${sizes.length} anchored something, ${recorded} recorded it and ${answered} answered challenges; ${world.mayBeWasted} may be wasted`,
  );
};
