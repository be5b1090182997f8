import {
  domainOf,
  fromHex,
  parseVerifierKey,
  toHex,
  verifierKeyOf,
  type Trust,
  type VerifierKey,
} from '@gridseal/protocol';
import { listAnchors } from '@gridseal/sdk/chain/list-anchors';
import { createDurableFiles } from '../adapters/durable-file/durable-files.ts';
import { createLogger } from '../adapters/logger/logger.ts';
import { migrate } from '../adapters/postgres/migrations.ts';
import { openConfiguredDatabase } from '../adapters/postgres/open.ts';
import type { Config } from '../config.ts';
import { createEvidenceStore } from '../features/anchor/archive/evidence-store.ts';
import { isSignedCheckpoint } from '../features/anchor/provenance.ts';
import { findOwnAnchors } from '../features/anchor/restore/own-anchors.ts';
import { restoreLog, type RestoreReport } from '../features/anchor/restore/restore.ts';
import { createBlockIds } from '../features/ingest/block-ids.ts';
import { createLogRestorer } from '../features/sequencer/restorer.ts';
import { createLifetime } from '../lifetime.ts';
import { composeContent, composeEndpoint } from './endpoint.ts';
import { composePrimitives } from './log.ts';

/** What a restoration came to, with the payloads that no key of this machine opens. */
export type Restored = RestoreReport & {
  readonly closedPayloads: number;
  /** Anchors of the present epoch, newer than what was restored, of which no manifest is there that the log's key signed. */
  readonly leftOut: readonly { readonly size: bigint; readonly blockNumber: bigint }[];
};

/** A log signs each epoch under a name of its own, which ends with the epoch. */
const keyOfEpoch = ({ name, algorithm, publicKey }: VerifierKey, epoch: bigint): VerifierKey =>
  verifierKeyOf(name.replace(/\d+$/u, String(epoch)), algorithm, publicKey);

/**
 * Rebuilds the log that `trust` names into the configured database, from the configured chain and content store.
 *
 * @param trust with one log: its contract, its operator and its note keys
 * @throws RestoreError, what the parts throw that cannot start, and what reading the chain and the content store throws
 */
export const composeRestore = async (
  config: Config,
  trust: Trust,
  onProgress: (progress: { readonly size: bigint; readonly target: bigint }) => void,
): Promise<Restored> => {
  const logger = createLogger({ ...config.logger, secretUrls: config.secretUrls });
  const lifetime = createLifetime(logger);
  try {
    const files = createDurableFiles();
    const primitives = await composePrimitives(logger);
    const database = await openConfiguredDatabase({ config, files, lifetime, logger });
    await migrate(database);
    const endpoint = await composeEndpoint({ config, files, lifetime, logger });
    const { store } = await composeContent({ config, files });
    const log = trust.logs[0]!;
    const logId = fromHex(log.logId);
    const anchors = await listAnchors({ rpcUrl: endpoint.url, trust, logId: log.logId });
    const noteKey = parseVerifierKey(
      (log.noteKeys.find(({ to }) => to === null) ?? log.noteKeys.at(-1)!).key,
    );
    const keyOf = (epoch: bigint): VerifierKey => keyOfEpoch(noteKey, epoch);
    const restorer = createLogRestorer({
      database,
      blockIds: createBlockIds(database),
      primitives,
      domain: domainOf(
        { chainId: BigInt(trust.chainId), evidenceLog: fromHex(trust.evidenceLog.address), logId },
        primitives,
      ),
      operator: fromHex(log.operator),
      keyOf,
      now: Date.now,
    });
    const archive = createEvidenceStore(database);
    const { own, leftOut } = await findOwnAnchors(anchors, {
      read: (cid) => store.get(cid),
      logId,
      isSigned: ({ epoch, size, root, checkpoint }) =>
        isSignedCheckpoint(checkpoint, { key: keyOf(epoch), size, root: toHex(root) }, primitives),
    });
    const report = await restoreLog({
      database,
      store,
      archive,
      log: restorer,
      logId,
      anchors: own,
      onProgress,
    });
    const held = new Set(
      (await files.list(config.keys.periodFolder)).map((name) => name.replace(/\.(?:key|rewrapped)$/u, '')),
    );
    const closedPayloads = [...report.periods]
      .filter(([period]) => !held.has(period))
      .reduce((sum, [, count]) => sum + count, 0);
    return {
      ...report,
      closedPayloads,
      leftOut: leftOut.map(({ size, blockNumber }) => ({ size, blockNumber })),
    };
  } finally {
    await lifetime.end();
  }
};
