import { toHex, type Hex } from '@gridseal/protocol/bytes';
import type { Receipt } from '@gridseal/protocol/statement/receipt';
import type { Ingest, SubmissionResult } from '../../../backend/features/ingest/types.ts';
import { createTestDevice, p256Key, secp256k1Key, type SignedSubmission } from '../../setup/devices.ts';
import type { Injector } from './injector.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** A receipt that a device holds: from here on the service answers for the batch. */
export type Held = {
  readonly batch: SignedSubmission;
  readonly receipt: Receipt;
  readonly signature: Hex;
  readonly entryHash: string;
};

/** The devices of a world: what they signed, what they have receipts for, and what still waits for one. */
export type Senders = {
  /** Signs new batches. */
  readonly sign: (count: number) => void;
  /** Sends what waits, in any order, some of it twice and with some that has receipts, in concurrent requests. */
  readonly send: (process: { readonly ingest: Ingest; readonly injector: Injector }) => Promise<void>;
  readonly held: ReadonlyMap<string, Held>;
  readonly waiting: () => number;
};

const DEVICES = 3;

/** Enrols the devices of a world. */
export const createSenders = (world: World, random: Random): Senders => {
  const keys = Array.from({ length: DEVICES }, (_, i) => (i === 0 ? p256Key() : secp256k1Key()));
  const devices = keys.map((key) => createTestDevice(key));
  for (const key of keys) world.directory.enrol(key);
  const waiting = new Map<string, SignedSubmission>();
  const held = new Map<string, Held>();

  const readingsNow = () => {
    const timeMs = BigInt(Date.now());
    return Array.from({ length: 1 + random.below(3) }, (_, i) => {
      return { timeMs: timeMs + BigInt(i), channel: 1, quality: 0, value: BigInt(random.below(10_000)) };
    });
  };

  const hold = (batch: SignedSubmission, result: SubmissionResult): void => {
    const name = toHex(batch.digest);
    if (result.status === 'refused')
      throw new Error(`refused: ${result.refusal.code} ${result.refusal.message}`);
    const { signature, receipt } = result.receipt;
    const now = { batch, receipt, signature: toHex(signature), entryHash: toHex(receipt.entryHash) };
    const before = held.get(name);
    if (before !== undefined && before.signature !== now.signature)
      throw new Error(`two different receipts for ${name}`);
    held.set(name, now);
    waiting.delete(name);
  };

  return {
    held,
    waiting: () => waiting.size,
    sign: (count) => {
      for (let signed = 0; signed < count; signed += 1) {
        const timeMs = BigInt(Date.now());
        const { domain } = world;
        const batch = random.pick(devices).next({ readings: readingsNow(), header: { timeMs }, domain });
        waiting.set(toHex(batch.digest), batch);
      }
    },
    send: async ({ ingest, injector }) => {
      const again = random.shuffle([...held.values()].map(({ batch }) => batch)).slice(0, random.below(3));
      const batches = random.shuffle([...waiting.values(), ...again]);
      const requests: SignedSubmission[][] = [];
      for (let from = 0; from < batches.length;) {
        const size = 1 + random.below(4);
        requests.push(batches.slice(from, from + size));
        from += size;
      }
      const twice = requests.slice(0, random.below(2));
      await Promise.all(
        [...requests, ...twice].map(async (request) => {
          let results: SubmissionResult[];
          try {
            results = await ingest.submit(request);
          } catch {
            // No answer, or an error: nothing is promised, and the device sends again.
            return;
          }
          // A killed process answers nobody.
          if (!injector.isDead()) results.forEach((result, i) => hold(request[i]!, result));
        }),
      );
    },
  };
};
