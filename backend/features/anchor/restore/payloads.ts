import { decodePayloadBlock } from '@gridseal/protocol';
import type { CID } from 'multiformats/cid';

import { readVerified, type ReadBlock } from '../../../content/dag.ts';
import { linksBelow } from './manifests.ts';

/** What was found of the payload blocks of a range. */
export type FoundPayloads = {
  readonly count: number;
  readonly bytes: number;
  readonly missing: number;
  /** Blocks by the period whose key opens them. */
  readonly periods: ReadonlyMap<string, number>;
};

const AT_ONCE = 32;

/** Reads the payload blocks of a manifest's list and checks each against its CID. @throws BlockError `block-corrupt` */
export const findPayloads = async (read: ReadBlock, list: CID | null): Promise<FoundPayloads> => {
  const periods = new Map<string, number>();
  let [count, bytes, missing] = [0, 0, 0];
  const look = async (cid: CID): Promise<void> => {
    count += 1;
    const block = await readVerified(read, cid);
    if (block === undefined) {
      missing += 1;
      return;
    }
    bytes += block.length;
    const { periodId } = decodePayloadBlock(block);
    periods.set(periodId, (periods.get(periodId) ?? 0) + 1);
  };
  let waiting: Promise<void>[] = [];
  if (list !== null)
    for await (const cid of linksBelow(read, list)) {
      waiting.push(look(cid));
      if (waiting.length < AT_ONCE) continue;
      await Promise.all(waiting);
      waiting = [];
    }
  await Promise.all(waiting);
  return { count, bytes, missing, periods };
};
