import { setTimeout as sleep } from 'node:timers/promises';
import { SdkError } from '@gridseal/sdk';
import { batchesOf } from '../readers/batches.ts';
import type { MeterReader } from '../readers/reader.ts';
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
  /** The service was not reached, has no room, or its answer is not to be believed: batches wait on disk. */
  readonly waiting?: (name: string, reason: string) => void;
};

const flush = async ({ name, station }: RunningStation, events: GatewayEvents): Promise<void> => {
  try {
    await station.flush(async (deliveries) => events.delivered?.(name, deliveries));
  } catch (error) {
    // Nothing that a service, or what stands between, answers ends a gateway.
    if (!(error instanceof SdkError)) throw error;
    events.waiting?.(name, error.message);
  }
};

const round = async (
  running: RunningStation,
  interval: { readonly fromMs: number; readonly toMs: number; readonly everyMs: number },
  events: GatewayEvents,
): Promise<void> => {
  const { name, reader, reporter, station } = running;
  for (const measured of batchesOf(await reader.read(interval), LONGEST_BATCH_MS)) {
    await reader.willSign?.(measured, station.next());
    const reported = await reporter.report(measured);
    await reader.forget?.(measured);
    events.reported?.(name, reported);
  }
  await flush(running, events);
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
    for (const each of stations) await round(each, { fromMs, toMs, everyMs: sampleMs }, events);
    fromMs = toMs;
  }
};
