import { decodeEntry, decodePayloadBlock, type Primitives } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';
import { BlockError, requireBlock } from '../../content/dag.ts';
import type { ContentStore } from '../payloads/types.ts';
import type { ErasureStore, FlushedBlock } from './erasure-store.ts';
import type { ErasureKeys } from './types.ts';

const DIGEST = 32;

type Found = { readonly digest: string; readonly cid: CID; readonly held: Uint8Array | undefined };

/** Batches of a flush that have a payload, and the payload where PostgreSQL still holds it. */
const batchesOf = ({ entryEnds, entries, digests, payloadEnds, payloads }: FlushedBlock): Found[] =>
  entryEnds.flatMap((end, i) => {
    const { payloadCid } = decodeEntry(entries.subarray(entryEnds[i - 1] ?? 0, end)).operatorPart;
    if (payloadCid.length === 0) return [];
    const digest = Buffer.from(digests.subarray(DIGEST * i, DIGEST * (i + 1))).toString('hex');
    const held = payloads?.subarray(payloadEnds?.[i - 1] ?? 0, payloadEnds?.[i]);
    return [{ digest, cid: CID.decode(payloadCid), held: held?.length === 0 ? undefined : held }];
  });

/**
 * Batch keys that a period's own key wraps, unwrapped.
 *
 * @returns by digest in hex
 * @throws BlockError `block-missing`, `block-corrupt` for a payload that cannot be read: its key would be lost
 */
export const keysUnder = async (
  period: string,
  periodKey: Uint8Array,
  parts: {
    readonly erasures: Pick<ErasureStore, 'blocksOf'>;
    readonly store: Pick<ContentStore, 'getAll'>;
    readonly primitives: Primitives;
  },
): Promise<Map<string, Uint8Array>> => {
  const keys = new Map<string, Uint8Array>();
  for await (const block of parts.erasures.blocksOf(period)) {
    const batches = batchesOf(block);
    const absent = batches.filter(({ held }) => held === undefined);
    const stored = await parts.store.getAll(absent.map(({ cid }) => cid));
    const bytesOf = new Map(absent.map(({ digest }, i) => [digest, stored[i]]));
    for (const { digest, cid, held } of batches) {
      const bytes = held ?? bytesOf.get(digest);
      if (bytes === undefined) throw new BlockError('block-missing', cid);
      requireBlock(cid, bytes);
      const { periodId, wrappedKey } = decodePayloadBlock(bytes);
      if (periodId === period) keys.set(digest, parts.primitives.aesKwUnwrap(periodKey, wrappedKey));
    }
  }
  return keys;
};

/** Batch keys of a period that were wrapped again before, unwrapped. @throws when the key that wraps them is gone */
export const keysRewrapped = async (
  period: string,
  keys: Pick<ErasureKeys, 'find' | 'rewrapped'>,
  primitives: Primitives,
): Promise<Map<string, Uint8Array> | undefined> => {
  const survivors = await keys.rewrapped(period);
  if (survivors === undefined) return undefined;
  const under = await keys.find(survivors.under);
  if (under === undefined)
    throw new Error(`the key ${survivors.under}, which wraps keys of ${period}, is gone`);
  return new Map(
    [...survivors.keys].map(([digest, wrapped]) => [digest, primitives.aesKwUnwrap(under, wrapped)]),
  );
};
