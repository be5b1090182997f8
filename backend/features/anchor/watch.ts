import { equal, fromHex } from '@gridseal/protocol';

import type { Logger } from '../../adapters/logger/logger.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { ChainBinding } from '../chain/types.ts';
import type { LogReader } from '../log/types.ts';
import { createStandingStore, type EpochSpan, type EpochStart } from './standing-store.ts';
import type { ChainAnchor } from './types.ts';

/**
 * Compares every followed anchor of our log with our own tree. One that our tree does not have is an incident: somebody else
 * anchors in our name, and until a new epoch begins nothing that we could anchor would be taken.
 */
export type AnchorWatch = {
  /** Compares what was followed since the last look. */
  readonly look: () => Promise<void>;
  /** The first anchor of the present epoch that our tree does not have, as of the last look. */
  readonly foreign: () => ChainAnchor | undefined;
  /** A state of ours that somebody else anchored lately: nothing is lost by it, but the anchor key is not ours alone. */
  readonly usurped: () => ChainAnchor | undefined;
  /** Every epoch that was followed, with the sizes that were anchored in it. */
  readonly epochs: () => Promise<readonly EpochSpan[]>;
  /** The epoch that the chain is in, where it is a later one than this process serves. */
  readonly laterEpoch: () => EpochStart | undefined;
};

/**
 * Creates the watch. Nothing counts before it was compared, whichever process of a database compares it.
 *
 * @param log the published one: what this service anchors was published before
 */
export const createAnchorWatch = (options: {
  readonly database: Database;
  readonly log: Pick<LogReader, 'head' | 'root'>;
  readonly binding: Pick<ChainBinding, 'epoch'>;
  readonly logger: Logger;
}): AnchorWatch => {
  const { database, log, logger } = options;
  const { epoch } = options.binding;
  const store = createStandingStore(database);
  let foreign: ChainAnchor | undefined;
  let usurped: ChainAnchor | undefined;
  let later: EpochStart | undefined;
  let doubted = false;

  const isOurs = async ({ size, root }: ChainAnchor): Promise<boolean> => {
    const published = (await log.head())?.size ?? 0n;
    return size <= published && equal(await log.root(size), fromHex(root));
  };

  return {
    look: async () => {
      // A database that was put back in the meantime may have what it lacked.
      if (!doubted) await store.doubt();
      doubted = true;
      const followed = await store.unjudged();
      for (const anchor of followed) {
        const standing = (await isOurs(anchor)) ? 'ours' : 'foreign';
        await store.judge(anchor, standing);
        if (standing === 'foreign')
          logger.error({ root: anchor.root }, `an anchor is not ours: ${describeForeign(anchor)}`);
      }
      if (followed.length > 0) await store.abandon();
      foreign = await store.foreign(epoch);
      usurped = await store.usurped();
      const newest = await store.newestEpoch();
      later = newest !== undefined && newest.epoch > epoch ? newest : undefined;
    },
    foreign: () => foreign,
    usurped: () => usurped,
    epochs: () => store.epochs(),
    laterEpoch: () => later,
  };
};

/** What was anchored in our name, in words. */
export const describeForeign = ({ size, blockNumber, transactionHash }: ChainAnchor): string =>
  `size ${size}, anchored in block ${blockNumber} by ${transactionHash}, is no state of this log`;

/** Why nothing may be taken into the log, signed or anchored, or undefined. */
export const haltedBy = (watch: Pick<AnchorWatch, 'foreign' | 'laterEpoch'>): string | undefined => {
  const foreign = watch.foreign();
  if (foreign !== undefined) return describeForeign(foreign);
  const later = watch.laterEpoch();
  return later === undefined ? undefined : `epoch ${later.epoch} of the log has begun`;
};
