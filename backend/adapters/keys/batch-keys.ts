import { unwrapBatchKey, type PayloadBlock } from '@gridseal/protocol';
import type { PeriodKeyStore } from './period-keys.ts';

/**
 * Opens batch keys: by the key of the period that their payload names, or by the one that wraps them since an erasure
 * destroyed it.
 *
 * @returns a function that throws ProtocolError `NotOpened` when the key is not the one that wrapped it, and gives the batch key of a payload, or `undefined` when no key opens it
 * @example const batchKey = await createBatchKeys(periodKeys)(digest, decodePayloadBlock(block))
 */
export const createBatchKeys =
  (keys: Pick<PeriodKeyStore, 'find' | 'rewrapped'>) =>
  async (
    digest: Uint8Array,
    { periodId, wrappedKey }: Pick<PayloadBlock, 'periodId' | 'wrappedKey'>,
  ): Promise<Uint8Array | undefined> => {
    const periodKey = await keys.find(periodId);
    if (periodKey !== undefined) return unwrapBatchKey({ wrappedKey, periodKey });
    const survivors = await keys.rewrapped(periodId);
    const wrapped = survivors?.keys.get(Buffer.from(digest).toString('hex'));
    const under = survivors === undefined ? undefined : await keys.find(survivors.under);
    return wrapped === undefined || under === undefined
      ? undefined
      : unwrapBatchKey({ wrappedKey: wrapped, periodKey: under });
  };
