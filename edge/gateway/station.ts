import { join } from 'node:path';
import {
  commit,
  decodeAuthorPart,
  decodeIngestBody,
  digest as digestOf,
  encodeAuthorPart,
  encodeColumnar,
  encodeIngestBody,
  fromHex,
  toHex,
  unsignedPart,
  type Domain,
  type Hex,
  type IngestItem,
  type Reading,
} from '@gridseal/protocol';
import { ServiceError, type ReceiptJson } from '@gridseal/sdk';
import { signStatement, type DeviceKey } from '@gridseal/sdk/device/device-key';
import { isDiskFull, nodeDisk, type Disk } from '../spool/disk.ts';
import { readChainHead, writeChainHead, type ChainHead, type ChainPlace } from '../spool/chain-head.ts';
import { byChannelAndTime } from './reading-order.ts';
import type { WaitingBatch } from '../spool/record.ts';
import { openSpool, SpoolError } from '../spool/spool.ts';
import { believedOf } from './answers.ts';

/** What the service said of one batch. */
export type Delivery =
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly digest: Hex;
      /** What the operator signed, to be kept: it is what a broken promise is proven with. */
      readonly receipt: ReceiptJson;
    }
  | {
      readonly status: 'refused';
      /** None where the service could not tell which batch it was. */
      readonly digest: Hex | null;
      readonly code: string;
      readonly message: string;
      /** Whether the batch stays and is sent again; else it is set aside. */
      readonly retryable: boolean;
    };

/** Takes note of deliveries. */
export type Received = (deliveries: readonly Delivery[]) => Promise<void>;

/** A way to the service: HTTP or MQTT. What it answers is believed by the station only as far as it is proven. */
export type Forward = (items: readonly IngestItem[]) => Promise<readonly Delivery[]>;

/** A recent block that the author has seen: the batch was signed after it. */
export type NotBefore = { readonly number: bigint; readonly hash: Hex };

/** A station's own end of the evidence: signs readings, keeps them until receipted, sends them in order. */
export type Station = {
  readonly author: Uint8Array;
  /** Signs a batch and makes it durable. Readings may come in any order. */
  readonly report: (readings: readonly Reading[], notBefore?: NotBefore) => Promise<Hex>;
  /**
   * Takes back what a batch that could not be written left on disk, as on a full one. To be awaited before it is noted what is
   * signed under the next number.
   */
  readonly settle: () => Promise<void>;
  /** The number that the next batch takes: every one before it is signed and on disk, none from it on is. */
  readonly next: () => ChainPlace;
  /** How many batches wait for their receipts. */
  readonly waiting: () => number;
  /** Whether the service refused the batch of a sequence for good. */
  readonly isRefused: (sequence: bigint) => boolean;
  /**
   * Sends what waits; returns what became of it. A batch is forgotten only for a receipt that the operator of the trusted log
   * signed; one whose refusal a later time may heal stays, one that is refused for good is set aside and kept.
   *
   * @throws SdkError what the way to the service throws; `unexpected-answer` when it answers something else: all of the request
   * waits
   * @param received is told of the deliveries of each request before their batches are forgotten: what it keeps survives a
   * kill at any point, and may be told again after one
   */
  readonly flush: (received?: Received) => Promise<readonly Delivery[]>;
};

export type StationOptions = {
  readonly key: DeviceKey;
  readonly identity: Uint8Array;
  readonly domain: Domain;
  /** Address of the log's operator, who signs its receipts, 20 bytes. From the trust that was pinned, not from the service. */
  readonly operator: Uint8Array;
  /** SHA-256 of the profile document the readings follow. */
  readonly profile: Uint8Array;
  readonly folder: string;
  readonly lane?: number;
  readonly forward: Forward;
  readonly now: () => number;
  readonly randomKey: () => Uint8Array;
  /** Where all of it is kept; the operating system's disk without it. */
  readonly disk?: Disk;
  /** Most batches a request. */
  readonly batchesPerRequest?: number;
};

const ZERO_HASH = new Uint8Array(32);

const extent = (readings: readonly Reading[]): { startMs: bigint; endMs: bigint } => {
  const times = readings.map(({ timeMs }) => timeMs);
  return {
    startMs: times.reduce((a, b) => (a < b ? a : b)),
    endMs: times.reduce((a, b) => (a > b ? a : b)),
  };
};

/** The service, or a proxy before it, takes no message of this size: fewer batches may fit. */
const isTooLarge = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && error.problem.status === 413;

/** A batch too large for what stands before the service: it waits until that is changed, and holds up no other. */
const waitsAlone = ({ message }: ServiceError): Delivery => ({
  status: 'refused',
  digest: null,
  code: 'body-too-large',
  message,
  retryable: true,
});

/** The head after a batch that was written but whose head was not, as after a power cut. */
const headAfter = (head: ChainHead, item: Uint8Array, domain: Domain): ChainHead => {
  const [first] = decodeIngestBody(item);
  if (first === undefined) return head;
  const part = decodeAuthorPart(first.authorPart);
  if (part.header.sequence < head.sequence) return head;
  return { ...head, sequence: part.header.sequence + 1n, previous: toHex(digestOf(part, domain)) };
};

/**
 * Opens a station on its folder. A batch is on disk before the head moves and before anything is
 * sent, so a restart neither loses a signed batch nor signs a number twice.
 *
 * @throws SpoolError `spool-damaged` when a batch that was signed is neither in the spool nor receipted
 * @example
 * const station = await openStation({ key, identity, domain, profile, folder, forward, now: Date.now, randomKey })
 * await station.report(readings)
 * await station.flush()
 */
export const openStation = async (options: StationOptions): Promise<Station> => {
  const { key, identity, domain, profile, forward } = options;
  const { disk = nodeDisk } = options;
  const folder = join(options.folder, 'spool');
  const spool = await openSpool(folder, undefined, undefined, disk);
  let head = await readChainHead(options.folder, options.lane ?? 0, disk);
  /** Number in the head's file: what the spool says beyond it must be written before the spool forgets it. */
  let saved = head.sequence;
  for (const sequence of spool.waiting())
    for (const { item } of await spool.read([sequence])) head = headAfter(head, item, domain);
  // A batch that was signed may have been sent: its number must not be signed again.
  if (head.sequence > 0n && !spool.knows(head.sequence - 1n)) throw new SpoolError(folder, 0);
  let signing: Promise<unknown> = Promise.resolve();

  const saveHead = async (): Promise<void> => {
    const current = head;
    await writeChainHead(options.folder, current, disk);
    saved = current.sequence;
  };

  const sign = async (unordered: readonly Reading[], notBefore: NotBefore | undefined): Promise<Hex> => {
    const readings = unordered.toSorted(byChannelAndTime);
    const batchKey = options.randomKey();
    const { root, blocks, count } = commit({ readings, batchKey });
    const part = unsignedPart({
      kind: 'TelemetryBatch',
      header: {
        author: identity,
        keyId: key.keyId,
        lane: head.lane,
        boot: head.boot,
        sequence: head.sequence,
        previous: fromHex(head.previous),
        timeMs: BigInt(options.now()),
        notBeforeBlock: notBefore?.number ?? 0n,
        notBeforeHash: notBefore === undefined ? ZERO_HASH : fromHex(notBefore.hash),
      },
      body: { profile, ...extent(readings), count, readingsRoot: root, auxRoot: ZERO_HASH },
    });
    const digest = digestOf(part, domain);
    const authorPart = encodeAuthorPart({ ...part, signature: signStatement(key, digest) });
    const item = encodeIngestBody([{ authorPart, batchKey, columnar: encodeColumnar(blocks) }]);
    await spool.put({ sequence: head.sequence, item });
    head = { ...head, sequence: head.sequence + 1n, previous: toHex(digest) };
    // The batch is signed: that its head could not be written is told when it is sent, by which time it must be.
    await saveHead().catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
    return toHex(digest);
  };

  const send = async (part: readonly WaitingBatch[]): Promise<readonly Delivery[]> => {
    const items = part.flatMap(({ item }) => decodeIngestBody(item));
    const digests = items.map(({ authorPart }) => toHex(digestOf(decodeAuthorPart(authorPart), domain)));
    return believedOf(await forward(items), digests, { domain, operator: options.operator });
  };

  const conclude = async (part: readonly WaitingBatch[], answered: readonly Delivery[]): Promise<void> => {
    const receipted: bigint[] = [];
    for (const [i, { sequence }] of part.entries()) {
      const result = answered[i];
      if (result === undefined) break;
      if (result.status !== 'refused') receipted.push(sequence);
      else if (!result.retryable) await spool.setAside(sequence, `${result.code}: ${result.message}`);
    }
    await spool.acknowledge(receipted);
  };

  return {
    author: identity,
    report: (readings, notBefore) => {
      // One after the other: two batches must not take the same number.
      const signed = signing.then(() => sign(readings, notBefore));
      signing = signed.catch(() => undefined);
      return signed;
    },
    next: () => ({ boot: head.boot, sequence: head.sequence }),
    waiting: () => spool.waiting().length,
    isRefused: spool.isRefused,
    settle: spool.settle,
    flush: async (received) => {
      // While its batch waits a head is found from it; once that is forgotten it is not.
      if (saved !== head.sequence) await saveHead();
      const waiting = spool.waiting();
      const deliveries: Delivery[] = [];
      let size = options.batchesPerRequest ?? 64;
      for (let from = 0; from < waiting.length;) {
        const part = await spool.read(waiting.slice(from, from + size));
        const answered = await send(part).catch((error: unknown) => {
          if (isTooLarge(error)) return error;
          throw error;
        });
        if (answered instanceof ServiceError && part.length > 1) {
          size = Math.ceil(part.length / 2);
          continue;
        }
        const told = answered instanceof ServiceError ? [waitsAlone(answered)] : answered;
        await received?.(told);
        for (const one of told) deliveries.push(one);
        await conclude(part, told);
        from += part.length;
      }
      return deliveries;
    },
  };
};
