import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeAuthorPart, digest as digestOf, toHex, type Hex, type IngestItem } from '@gridseal/protocol';
import { SdkError, type ReceiptJson } from '@gridseal/sdk';
import type { Delivery, Forward } from '../../../edge/gateway/station.ts';
import type { Random } from '../../faults/harness/random.ts';
import { nextBatches, type EnrolledDevice } from '../../setup/served-log.ts';

/** A station: it keeps what has no receipt, sends it until it has one, and keeps the receipts. */
export type Station = {
  readonly name: string;
  /** Signs and sends until told to stop, then sends what still waits. */
  readonly run: (until: { over: boolean }) => Promise<void>;
  readonly held: ReadonlyMap<Hex, ReceiptJson>;
  readonly waiting: () => number;
};

const PATIENCE_MS = 90_000;
const BATCHES_A_REQUEST = 4;
/** One of so many requests repeats a batch that has its receipt, as a station does that lost it. */
const REPEATS = 6;

/** @param pauseMs longest pause between two requests */
export const createStation = (options: {
  readonly name: string;
  readonly enrolled: EnrolledDevice;
  readonly forward: Forward;
  readonly random: Random;
  readonly pauseMs: number;
}): Station => {
  const { name, forward, random } = options;
  const { device, domain } = options.enrolled;
  const waiting = new Map<Hex, IngestItem>();
  const held = new Map<Hex, ReceiptJson>();
  const sent = new Map<Hex, IngestItem>();

  const hold = (digest: Hex, result: Delivery): void => {
    if (result.status === 'refused') {
      assert.ok(result.retryable, `${name} was refused: ${result.code} ${result.message}`);
      return;
    }
    assert.equal(result.digest, digest, `${name} got the answer to another batch`);
    const before = held.get(digest);
    // Another receipt for the same batch: the first one was forgotten, and the batch was taken as a new one.
    assert.deepEqual(result.receipt, before ?? result.receipt, `${name} has two receipts for ${digest}`);
    held.set(digest, result.receipt);
    waiting.delete(digest);
  };

  const sendOnce = async (): Promise<void> => {
    const request = [...waiting].slice(0, 64);
    if (held.size > 0 && random.below(REPEATS) === 0) {
      const digest = random.pick([...held.keys()].slice(-50));
      request.push([digest, sent.get(digest)!]);
    }
    let results: readonly Delivery[];
    try {
      results = await forward(request.map(([, item]) => item));
    } catch (error) {
      // No answer, or none for now: nothing is promised, and the station sends again.
      if (!(error instanceof SdkError && error.retryable)) throw error;
      await sleep(100);
      return;
    }
    assert.equal(results.length, request.length);
    request.forEach(([digest], i) => hold(digest, results[i]!));
  };

  return {
    name,
    held,
    waiting: () => waiting.size,
    run: async (until) => {
      while (!until.over) {
        if (waiting.size < 64)
          for (const item of nextBatches(device, domain, 1 + random.below(BATCHES_A_REQUEST))) {
            const digest = toHex(digestOf(decodeAuthorPart(item.authorPart), domain));
            waiting.set(digest, item);
            sent.set(digest, item);
          }
        await sendOnce();
        await sleep(random.below(options.pauseMs));
      }
      for (const end = Date.now() + PATIENCE_MS; waiting.size > 0;) {
        await sendOnce();
        assert.ok(Date.now() < end, `${name} still waits for ${waiting.size} receipts`);
      }
    },
  };
};

/** Waits until the stations hold so many receipts together. */
export const untilHeld = async (stations: readonly Station[], receipts: number): Promise<void> => {
  const held = (): number => stations.reduce((sum, station) => sum + station.held.size, 0);
  for (const end = Date.now() + PATIENCE_MS; held() < receipts;) {
    assert.ok(Date.now() < end, `only ${held()} of ${receipts} receipts`);
    await sleep(50);
  }
};
