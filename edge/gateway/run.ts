import { setTimeout as sleep } from 'node:timers/promises';
import { SdkError } from '@gridseal/sdk';
import { batchesOf } from '../readers/batches.ts';
import type { Interval, MeterReader } from '../readers/reader.ts';
import { isDiskFull } from '../spool/disk.ts';
import type { Reported, Reporter } from './reporter.ts';
import type { Delivery, Station } from './station.ts';

/** After an outage a source may hold days at once. */
const LONGEST_BATCH_MS = 3_600_000;

/** A station with its meter, and what is done with what it measures. */
export type RunningStation = {
  readonly name: string;
  readonly reader: MeterReader;
  readonly reporter: Reporter;
  readonly station: Station;
};

/** What a running gateway tells, a round of a station at a time. */
export type GatewayEvents = {
  readonly reported?: (name: string, reported: Reported) => void;
  /** Awaited before the batches are forgotten. */
  readonly delivered?: (name: string, deliveries: readonly Delivery[]) => Promise<void>;
  /** What was measured could not be signed: it waits with its reader until there is room on the disk. */
  readonly unsigned?: (name: string, reason: string) => void;
  /** A round is over. */
  readonly concluded?: (name: string) => Promise<void>;
  /** The service was not reached, has no room, or its answer is not to be believed: batches wait on disk. */
  readonly waiting?: (name: string, reason: string) => void;
};

const flush = async ({ name, station }: RunningStation, events: GatewayEvents): Promise<void> => {
  try {
    await station.flush(async (deliveries) => events.delivered?.(name, deliveries));
  } catch (error) {
    // Nothing that a service, or what stands between, answers ends a gateway, and no disk that is full for a while.
    if (!(error instanceof SdkError) && !isDiskFull(error)) throw error;
    events.waiting?.(name, messageOf(error));
  }
};

/** Signs what the meter measured until then, and sends what waits. */
export const runRound = async (
  running: RunningStation,
  interval: Interval,
  events: GatewayEvents,
): Promise<void> => {
  try {
    await sign(running, interval, events);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    events.unsigned?.(running.name, messageOf(error));
  }
  await flush(running, events);
  await events.concluded?.(running.name);
};

const sign = async (
  { name, reader, reporter, station }: RunningStation,
  interval: Interval,
  events: GatewayEvents,
): Promise<void> => {
  for (const measured of batchesOf(await reader.read(interval), LONGEST_BATCH_MS)) {
    await station.settle();
    await reader.willSign?.(measured, station.next());
    const reported = await reporter.report(measured);
    await reader.forget?.(measured);
    events.reported?.(name, reported);
  }
};

const messageOf = (error: unknown): string => {
  if (isDiskFull(error)) return 'the disk is full';
  return error instanceof Error ? error.message : String(error);
};

/**
 * Runs stations until the signal: every `batchMs` what their meters measured becomes a batch each, and what has no receipt yet is
 * sent. On the signal the last batch is made and sent. A station whose service cannot be reached goes on; its batches wait.
 *
 * @throws what a reader or a spool throws
 */
export const runGateway = async (options: {
  readonly stations: readonly RunningStation[];
  readonly batchMs: number;
  readonly sampleMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly events: GatewayEvents;
}): Promise<void> => {
  const { stations, batchMs, sampleMs, signal, now, events } = options;
  const wholeSamples = (): number => Math.floor(now() / sampleMs) * sampleMs;
  let fromMs = wholeSamples();
  while (!signal.aborted) {
    await sleep(batchMs, undefined, { signal }).catch(() => undefined);
    const toMs = wholeSamples();
    for (const each of stations) await runRound(each, { fromMs, toMs, everyMs: sampleMs }, events);
    fromMs = toMs;
  }
};
