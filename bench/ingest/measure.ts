import { quantile } from '../statistics.ts';
import type { BenchService } from './bench-service.ts';
import { prepareRequests } from './corpus.ts';
import { getJson } from './get-json.ts';
import { sendLoad } from './load.ts';
import { cpuSecondsOf, descendantsOf, rssMiBOf } from './process-usage.ts';

const SAMPLE_MS = 500;

/** A load: how many batches come in a request, how many readings in a batch, and over how many connections. */
export type Shape = {
  readonly name: string;
  readonly batches: number;
  readonly readings: number;
  readonly requests: number;
  readonly connections: number;
  /** Requests begun a second; as fast as they are answered where it is left out. */
  readonly perSecond?: number;
};

/** Figures of one load. Times are in milliseconds. */
export type IngestFigure = {
  readonly name: string;
  readonly batchesPerSecond: number;
  readonly readingsPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  /** From the acknowledgement to a published checkpoint that covers the batch. */
  readonly inclusionP99Ms: number;
  readonly cpuSecondsPerMillionReadings: Readonly<Record<string, number>>;
  /** Resident memory of the service, twice a second. */
  readonly rssMiB: readonly number[];
  readonly databaseBytesPerReading: number;
};

/** CPU seconds of everything that takes part, by what it is. */
const usage = async (service: number): Promise<Record<string, number>> => {
  const parts: Record<string, number> = { service: await cpuSecondsOf(service), postgres: 0, chain: 0 };
  for (const { pid, command } of await descendantsOf(service)) {
    const part = command.startsWith('postgres') ? 'postgres' : 'chain';
    parts[part] = (parts[part] ?? 0) + (await cpuSecondsOf(pid).catch(() => 0));
  }
  const { user, system } = process.cpuUsage();
  return { ...parts, generator: (user + system) / 1e6 };
};

const databaseBytes = async (url: string): Promise<number> => {
  const health = (await getJson(`${url}/health`)) as {
    parts: { database: { figures: { databaseBytes: number } } };
  };
  return health.parts.database.figures.databaseBytes;
};

/** Signs a load, sends it, and says what it took. */
export const measureIngest = async (
  { url, pid, fleet }: BenchService,
  shape: Shape,
): Promise<IngestFigure> => {
  const batches = shape.requests * shape.batches;
  process.stderr.write(`signing ${batches} batches: ${shape.name} …\n`);
  const requests = prepareRequests(fleet, shape);
  const bytesBefore = await databaseBytes(url);
  const before = await usage(pid);
  const rssMiB: number[] = [await rssMiBOf(pid)];
  const sampler = setInterval(() => {
    void rssMiBOf(pid).then((mib) => rssMiB.push(mib));
  }, SAMPLE_MS);
  process.stderr.write('sending …\n');
  const times = await sendLoad(url, requests, {
    ...shape,
    probeEvery: Math.ceil(shape.requests / 100),
  }).finally(() => {
    clearInterval(sampler);
  });
  const after = await usage(pid);
  const readings = batches * shape.readings;
  const perMillion = Object.entries(after).map(([part, seconds]): [string, number] => [
    part,
    Number((((seconds - (before[part] ?? 0)) * 1e6) / readings).toFixed(2)),
  ]);
  const rounded = (value: number): number => Number(value.toFixed(1));
  return {
    name: shape.name,
    batchesPerSecond: Math.round(batches / times.seconds),
    readingsPerSecond: Math.round(readings / times.seconds),
    ackP50Ms: rounded(quantile(times.ackMs, 0.5)),
    ackP99Ms: rounded(quantile(times.ackMs, 0.99)),
    inclusionP99Ms: rounded(quantile(times.inclusionMs, 0.99)),
    cpuSecondsPerMillionReadings: Object.fromEntries(perMillion),
    rssMiB,
    databaseBytesPerReading: rounded(((await databaseBytes(url)) - bytesBefore) / readings),
  };
};
