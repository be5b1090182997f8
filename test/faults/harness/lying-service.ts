import {
  decodeAuthorPart,
  decodeColumnar,
  digest as digestOf,
  readingsOf,
  toHex,
  type Hex,
  type IngestItem,
  type Reading,
} from '@gridseal/protocol';
import { SdkError, ServiceError } from '@gridseal/sdk';
import type { Delivery, Forward } from '../../../edge/gateway/station.ts';
import { testDomain } from '../../setup/devices.ts';
import { receiptOf } from '../../setup/operator.ts';
import type { Random } from './random.ts';

export type Batch = {
  readonly sequence: bigint;
  readonly digest: Hex;
  readonly readings: readonly Reading[];
};

/** A service behind a proxy, of which nothing that it answers can be relied on but what it signs. */
export type LyingService = {
  readonly forward: Forward;
  /** Answers honestly from now on. */
  readonly behave: () => void;
  /** Every batch that was ever sent to it, by its number: two under one number accuse the device. */
  readonly sent: ReadonlyMap<bigint, ReadonlyMap<Hex, Batch>>;
  /** What it gave receipts for. */
  readonly accepted: ReadonlyMap<Hex, Batch>;
  /** What it refused for good, and its gateway heard of. */
  readonly refused: ReadonlySet<Hex>;
};

const FINAL = ['malformed', 'profile-mismatch', 'key-revoked'] as const;
const PASSING = ['clock-skew', 'key-unknown', 'owner-not-admitted', 'what-is-new'] as const;

export const createLyingService = (random: Random): LyingService => {
  const sent = new Map<bigint, Map<Hex, Batch>>();
  const accepted = new Map<Hex, Batch>();
  const refused = new Set<Hex>();
  let isHonest = false;

  const batchOf = ({ authorPart, columnar }: IngestItem): Batch => {
    const part = decodeAuthorPart(authorPart);
    return {
      sequence: part.header.sequence,
      digest: toHex(digestOf(part, testDomain)),
      readings: readingsOf(decodeColumnar(columnar)),
    };
  };
  const accept = (batch: Batch): Delivery => {
    const { digest } = batch;
    const status = accepted.has(digest) ? ('duplicate' as const) : ('accepted' as const);
    accepted.set(digest, batch);
    return { status, digest, receipt: receiptOf(digest) };
  };
  const refuse = (digest: Hex | null, code: string): Delivery => ({
    status: 'refused',
    digest,
    code,
    message: 'is not taken',
    retryable: false,
  });
  const lost = (): never => {
    const retryable = true;
    throw random.pick([
      new SdkError('unreachable', 'reset', { retryable }),
      new SdkError('timeout', 'late', { retryable }),
      new SdkError('unexpected-answer', 'half an answer', { retryable }),
      new ServiceError(
        { code: 'unexpected-answer', status: random.pick([302, 403, 429, 500]), title: 'no' },
        1,
      ),
    ]);
  };
  const ZEROS: Hex = `0x${'00'.repeat(32)}`;
  const nonsense = (batches: readonly Batch[]): readonly Delivery[] => {
    const good = batches.map(({ digest }): Delivery => ({
      status: 'accepted',
      digest,
      receipt: receiptOf(digest),
    }));
    return random.pick<() => readonly Delivery[]>([
      () => [],
      () => good.slice(1),
      () => [...good, ...good],
      () => batches.map(({ digest }) => ({ status: 'accepted', digest, receipt: receiptOf(ZEROS) })),
      () =>
        batches.map(({ digest }) => ({
          status: 'accepted',
          digest,
          receipt: { ...receiptOf(digest), signature: `0x01${'00'.repeat(65)}` },
        })),
      () => batches.map(() => refuse(ZEROS, 'malformed')),
      () => batches.map(() => refuse(null, 'malformed')),
    ])();
  };

  const forward: Forward = (items) => {
    const batches = items.map(batchOf);
    const kind = isHonest ? 0 : random.below(12);
    if (kind === 1) return Promise.resolve().then(lost);
    for (const batch of batches)
      sent.set(batch.sequence, (sent.get(batch.sequence) ?? new Map<Hex, Batch>()).set(batch.digest, batch));
    return Promise.resolve().then((): readonly Delivery[] => {
      if (kind === 2 && batches.length > 1)
        throw new ServiceError({ code: 'body-too-large', status: 413, title: 'too large' }, undefined);
      if (kind === 3) {
        batches.forEach(accept);
        return lost();
      }
      if (kind === 4 || kind === 5) return nonsense(batches);
      if (kind === 6) return batches.map((batch) => refuse(batch.digest, random.pick(PASSING)));
      const deliveries = batches.map((batch) => {
        if (accepted.has(batch.digest) || kind !== 7 || !random.chance(0.3)) return accept(batch);
        refused.add(batch.digest);
        return refuse(batch.digest, random.pick(FINAL));
      });
      return random.chance(0.2) ? deliveries.toReversed() : deliveries;
    });
  };
  return {
    forward,
    behave: () => {
      isHonest = true;
    },
    sent,
    accepted,
    refused,
  };
};
