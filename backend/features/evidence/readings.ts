import {
  commitBlocks,
  decodeColumnar,
  decodeEntry,
  decodePayloadBlock,
  equal,
  keyCommitment,
  openPayload,
  openReadings,
  ProtocolError,
  readingsOf,
  readStatement,
  toHex,
  type Commitment,
  type Disclosure,
  type Reading,
} from '@gridseal/protocol';
import { CID } from 'multiformats/cid';

import { readVerified, requireBlock } from '../../content/dag.ts';
import type { LogEntry } from '../log/types.ts';
import type { ContentStore, PayloadSource } from '../payloads/types.ts';
import { EvidenceError } from './errors.ts';

/** The batch key of a payload; `undefined` when no key of the key store opens it any more. */
export type BatchKeys = (
  digest: Uint8Array,
  block: { readonly periodId: string; readonly wrappedKey: Uint8Array },
) => Promise<Uint8Array | undefined>;

/** Which readings of a batch to disclose. Filters combine; times are inclusive. */
export type ReadingSelection = {
  readonly indices?: readonly number[] | undefined;
  readonly channels?: readonly number[] | undefined;
  readonly fromMs?: bigint | undefined;
  readonly toMs?: bigint | undefined;
};

/** A batch that was decrypted and whose commitment was recomputed. */
export type OpenedBatch = {
  readonly profile: Uint8Array;
  readonly readings: readonly Reading[];
  readonly commitment: Commitment;
};

/** Opens the payload of a logged batch for its owner. */
export type BatchOpener = {
  /** @throws EvidenceError `no-readings`, `payload-erased`, `payload-missing`, `payload-closed`, `payload-corrupt` */
  readonly open: (digest: Uint8Array, entry: LogEntry) => Promise<OpenedBatch>;
};

/**
 * Creates the opener. Nothing is believed because it was stored: the block must hash to the CID in
 * the log, the key to its commitment there, and the readings to the root the device signed.
 */
export const createBatchOpener = (options: {
  readonly source: Pick<PayloadSource, 'payloadOf'>;
  readonly store: Pick<ContentStore, 'get'>;
  readonly batchKeys: BatchKeys;
  /** Whether the erasure of a batch was asked for: from then on it is not opened. */
  readonly isErased: (digest: Uint8Array) => Promise<boolean>;
}): BatchOpener => {
  const readBlock = async (digest: Uint8Array, cid: CID): Promise<Uint8Array> => {
    const pending = await options.source.payloadOf(digest);
    if (pending !== undefined) {
      requireBlock(cid, pending);
      return pending;
    }
    const stored = await readVerified(options.store.get, cid);
    if (stored === undefined) throw new EvidenceError('payload-missing', cid.toString());
    return stored;
  };

  return {
    open: async (digest, entry) => {
      const { authorPart, operatorPart } = decodeEntry(entry.bytes);
      const statement = readStatement(authorPart);
      if (statement.kind !== 'TelemetryBatch') throw new EvidenceError('no-readings', statement.kind);
      if (await options.isErased(digest)) throw new EvidenceError('payload-erased', toHex(digest));
      const { profile, count, readingsRoot } = statement.body;
      const block = await readBlock(digest, CID.decode(operatorPart.payloadCid));
      const { periodId, wrappedKey } = decodePayloadBlock(block);
      try {
        const batchKey = await options.batchKeys(digest, { periodId, wrappedKey });
        if (batchKey === undefined) throw new EvidenceError('payload-closed', `period ${periodId}`);
        requireSame('key commitment', operatorPart.keyCommitment, keyCommitment(batchKey));
        const blocks = decodeColumnar(openPayload({ block, batchKey, digest, count }));
        const commitment = commitBlocks({ blocks, batchKey });
        requireSame('readings root', readingsRoot, commitment.root);
        return { profile, readings: readingsOf(blocks), commitment };
      } catch (error) {
        if (error instanceof ProtocolError) throw new EvidenceError('payload-corrupt', error.message, error);
        throw error;
      }
    },
  };
};

const requireSame = (what: string, expected: Uint8Array, actual: Uint8Array): void => {
  if (equal(expected, actual)) return;
  throw new EvidenceError(
    'payload-corrupt',
    `${what}: the log says ${toHex(expected)}, the payload ${toHex(actual)}`,
  );
};

/**
 * Opens the selected readings, ascending by index.
 *
 * @throws EvidenceError `nothing-selected`
 * @example discloseReadings(batch, { channels: [1], fromMs: 0n, toMs: 3_600_000n })
 */
export const discloseReadings = (batch: OpenedBatch, selection: ReadingSelection): Disclosure[] => {
  const indices = selection.indices === undefined ? undefined : new Set(selection.indices);
  const channels = selection.channels === undefined ? undefined : new Set(selection.channels);
  const beyond = [...(indices ?? [])].find((index) => index >= batch.readings.length);
  if (beyond !== undefined) {
    throw new EvidenceError('nothing-selected', `index ${beyond} of ${batch.readings.length} readings`);
  }
  const selected: number[] = [];
  for (const [index, { timeMs, channel }] of batch.readings.entries()) {
    if (indices !== undefined && !indices.has(index)) continue;
    if (channels !== undefined && !channels.has(channel)) continue;
    if (selection.fromMs !== undefined && timeMs < selection.fromMs) continue;
    if (selection.toMs !== undefined && timeMs > selection.toMs) continue;
    selected.push(index);
  }
  if (selected.length === 0) throw new EvidenceError('nothing-selected', 'no reading matches the selection');
  return openReadings(batch.commitment, selected);
};
