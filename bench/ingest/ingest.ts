import { join } from 'node:path';
import { createGridsealClient } from '@gridseal/sdk';
import { createTestFolder } from '../../test/setup/postgres.ts';
import { startService } from '../../test/setup/service.ts';
import type { BenchReport } from '../report.ts';
import { quantile } from '../statistics.ts';
import { enrolFleet, prepareRequests, type Fleet } from './corpus.ts';
import { sendLoad } from './load.ts';
import { getJson } from './get-json.ts';
import { cpuSecondsOf, descendantsOf, rssMiBOf } from './process-usage.ts';

const DEVICES = 16;
const READINGS = 60;
const SAMPLE_MS = 500;

/** The loads that are measured, each on the same service, one after the other. */
const SHAPES = [
  {
    name: '20 batches a request',
    batches: 20,
    readings: READINGS,
    requests: 1_000,
    connections: 8,
    goal: 5_000,
  },
  {
    name: '1 batch a request',
    batches: 1,
    readings: READINGS,
    requests: 8_000,
    connections: 64,
    goal: 3_000,
  },
  {
    name: '20 single-reading batches a request',
    batches: 20,
    readings: 1,
    requests: 1_000,
    connections: 8,
    goal: 8_200,
  },
] as const;

type Shape = {
  readonly name: string;
  readonly batches: number;
  readonly readings: number;
  readonly requests: number;
  readonly connections: number;
};

/** Figures of one load. `goal` is batches a second. */
type IngestFigure = {
  readonly name: string;
  readonly batchesPerSecond: number;
  readonly readingsPerSecond: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly inclusionP99Ms: number;
  readonly cpuSecondsPerMillionReadings: Readonly<Record<string, number>>;
  readonly rssMiB: readonly number[];
  readonly databaseBytesPerReading: number;
  readonly goal: number | null;
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

const measure = async (
  service: { readonly url: string; readonly pid: number },
  fleet: Fleet,
  shape: Shape,
  options: { readonly goal: number | null; readonly perSecond?: number },
): Promise<IngestFigure> => {
  process.stderr.write(`signing ${shape.requests * shape.batches} batches: ${shape.name} …\n`);
  const requests = prepareRequests(fleet, shape);
  const bytesBefore = await databaseBytes(service.url);
  const before = await usage(service.pid);
  const rssMiB: number[] = [await rssMiBOf(service.pid)];
  const sampler = setInterval(() => {
    void rssMiBOf(service.pid).then((mib) => rssMiB.push(mib));
  }, SAMPLE_MS);
  process.stderr.write('sending …\n');
  const load = { connections: shape.connections, probeEvery: Math.ceil(shape.requests / 100) };
  const pace = options.perSecond === undefined ? {} : { perSecond: options.perSecond };
  const times = await sendLoad(service.url, requests, { ...load, ...pace }).finally(() => {
    clearInterval(sampler);
  });
  const after = await usage(service.pid);
  const batches = shape.requests * shape.batches;
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
    databaseBytesPerReading: rounded(((await databaseBytes(service.url)) - bytesBefore) / readings),
    goal: options.goal,
  };
};

/**
 * Durable signed batches a second through the whole service: real PostgreSQL, the real HTTP path, devices enrolled on its
 * chain, the load generator on the same cores. The last load runs at half the rate of the first and shows latencies.
 *
 * @example npm run bench -- ingest --json
 */
export const runIngestBench = async (): Promise<BenchReport> => {
  const folder = await createTestFolder();
  const service = await startService({
    dataDir: join(folder.path, 'service'),
    env: {
      RPC_PORT: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      RATE_LIMIT_READ: 'off',
      RATE_LIMIT_WRITE: 'off',
    },
  });
  try {
    const { pid } = service.process;
    if (pid === undefined) throw new Error('the service has no process');
    const fleet = await enrolFleet(createGridsealClient({ url: service.url }), DEVICES);
    const running = { url: service.url, pid };
    const figures: IngestFigure[] = [];
    for (const shape of SHAPES) figures.push(await measure(running, fleet, shape, { goal: shape.goal }));
    const [first] = figures;
    const half = Math.max(1, Math.round((first?.batchesPerSecond ?? 0) / 40));
    const [shape] = SHAPES;
    const paced = { ...shape, name: '20 batches a request, at half that load', requests: 500 };
    figures.push(await measure(running, fleet, paced, { goal: null, perSecond: half }));
    return reportOf(figures);
  } finally {
    await service.stop();
    await folder.remove();
  }
};

const reportOf = (figures: readonly IngestFigure[]): BenchReport => {
  const isMet = ({ batchesPerSecond, goal }: IngestFigure): boolean =>
    goal === null || batchesPerSecond >= goal;
  const ok = figures.every(isMet);
  const [first] = figures;
  const rows = figures.map((each) => {
    const { batchesPerSecond, readingsPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms, goal } = each;
    const cells = [batchesPerSecond, readingsPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms];
    const verdict = goal === null ? '' : `${isMet(each) ? 'within' : 'BELOW'} ${goal.toLocaleString('en')}`;
    return `${each.name.padEnd(42)}${cells.map((cell) => cell.toLocaleString('en').padStart(11)).join('')}  ${verdict}`.trimEnd();
  });
  const titles = ['batches/s', 'readings/s', 'ack p50 ms', 'ack p99 ms', 'incl. p99'];
  const head = `${''.padEnd(42)}${titles.map((title) => title.padStart(11)).join('')}`;
  const costs = figures.map(
    ({ name, cpuSecondsPerMillionReadings, databaseBytesPerReading, rssMiB }) =>
      `${name}: CPU s per million readings ${JSON.stringify(cpuSecondsPerMillionReadings)}, ` +
      `${databaseBytesPerReading} database bytes a reading, RSS up to ${Math.max(...rssMiB)} MiB`,
  );
  return {
    json: { bench: 'ingest', ok, ...first, figures },
    text: `${[head, ...rows, '', ...costs].join('\n')}\n`,
    ok,
  };
};
