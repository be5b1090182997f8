import {
  commit,
  digest,
  encodeAuthorPart,
  encodeColumnar,
  encodeEntry,
  keyCommitment,
  payloadCid,
  sealPayload,
  unsignedPart,
  type Domain,
  type Header,
  type Reading,
} from '@gridseal/protocol';
import { signStatement, type DeviceKey } from '@gridseal/sdk/device/device-key';

/** A logged batch with everything that the service keeps of it. */
export type SealedBatch = {
  readonly entry: Uint8Array;
  readonly authorPart: Uint8Array;
  readonly digest: Uint8Array;
  readonly payload: Uint8Array;
  readonly readings: readonly Reading[];
};

/** The key that wraps batch keys in tests, and its period. */
export const TEST_PERIOD = { period: '2026-01-01.0001', key: new Uint8Array(32).fill(9) };

const ZERO = new Uint8Array(32);

/** Five minutes of one channel, plainly made up. */
export const someReadings = (startMs: bigint): Reading[] =>
  [0n, 1n, 2n, 3n, 4n].map((minute) => ({
    timeMs: startMs + minute * 60_000n,
    channel: 1,
    quality: 8,
    value: 100n + minute,
  }));

/** Signs, seals and frames a batch as the edge and ingest do. */
export const sealBatch = (options: {
  readonly key: DeviceKey;
  readonly domain: Domain;
  readonly sequence: bigint;
  readonly previous?: Uint8Array;
  readonly profile?: Uint8Array;
  readonly author?: Uint8Array;
  readonly startMs?: bigint;
}): SealedBatch => {
  const startMs = options.startMs ?? 1_767_225_600_000n + options.sequence * 300_000n;
  const readings = someReadings(startMs);
  const batchKey = new Uint8Array(32).fill(Number(options.sequence % 251n) + 1);
  const commitment = commit({ readings, batchKey });
  const header: Header = {
    author: options.author ?? options.key.firstIdentity,
    keyId: options.key.keyId,
    lane: 0,
    boot: 0,
    sequence: options.sequence,
    previous: options.previous ?? ZERO,
    timeMs: startMs + 300_000n,
    notBeforeBlock: 0n,
    notBeforeHash: ZERO,
  };
  const unsigned = unsignedPart({
    kind: 'TelemetryBatch',
    header,
    body: {
      profile: options.profile ?? ZERO,
      startMs,
      endMs: startMs + 300_000n,
      count: readings.length,
      readingsRoot: commitment.root,
      auxRoot: ZERO,
    },
  });
  const name = digest(unsigned, options.domain);
  const authorPart = encodeAuthorPart({ ...unsigned, signature: signStatement(options.key, name) });
  const payload = sealPayload({
    columnar: encodeColumnar(commitment.blocks),
    batchKey,
    digest: name,
    nonce: new Uint8Array(12).fill(Number(options.sequence % 256n)),
    periodId: TEST_PERIOD.period,
    periodKey: TEST_PERIOD.key,
  });
  const entry = encodeEntry({
    authorPart,
    operatorPart: {
      receiptTimeMs: header.timeMs,
      payloadCid: payloadCid(payload),
      keyCommitment: keyCommitment(batchKey),
    },
  });
  return { entry, authorPart, digest: name, payload, readings };
};

/** A chain of batches of one author, each naming the one before. */
export const sealChain = (
  options: Omit<Parameters<typeof sealBatch>[0], 'sequence' | 'previous'>,
  count: number,
): SealedBatch[] => {
  const batches: SealedBatch[] = [];
  for (let sequence = 0; sequence < count; sequence += 1) {
    const before = batches.at(-1);
    batches.push(
      sealBatch({
        ...options,
        sequence: BigInt(sequence),
        ...(before === undefined ? {} : { previous: before.digest }),
      }),
    );
  }
  return batches;
};
