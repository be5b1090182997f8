import { decodeEntry, decodePayloadBlock, toHex } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';
import { readVerified } from '../../content/dag.ts';
import type { LogReader } from '../log/types.ts';
import type { ContentStore, PayloadSource } from '../payloads/types.ts';
import { ErasureError } from './errors.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Erasures } from './types.ts';

/** Creates the desk where erasures are asked for. */
export const createErasures = (options: {
  readonly erasures: ErasureStore;
  readonly log: Pick<LogReader, 'indexOf' | 'entry'>;
  readonly source: Pick<PayloadSource, 'payloadOf'>;
  readonly store: Pick<ContentStore, 'get'>;
}): Erasures => {
  const { erasures, log, source, store } = options;
  return {
    find: erasures.find,
    ask: async (digest, reason) => {
      const known = await erasures.find(digest);
      if (known !== undefined) return known;
      const index = await log.indexOf(digest);
      if (index === undefined) throw new ErasureError('statement-unknown', toHex(digest));
      const { payloadCid, keyCommitment } = decodeEntry((await log.entry(index)).bytes).operatorPart;
      if (payloadCid.length === 0) throw new ErasureError('no-readings', toHex(digest));
      const cid = CID.decode(payloadCid);
      const block = (await source.payloadOf(digest)) ?? (await readVerified(store.get, cid));
      if (block === undefined) throw new ErasureError('payload-missing', cid.toString());
      const { periodId: period } = decodePayloadBlock(block);
      await erasures.ask({ digest, keyCommitment, reason, period });
      return { digest, reason, erasedMs: undefined, index: undefined };
    },
  };
};
