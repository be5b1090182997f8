import type { BenchOptions, BenchReport } from '../report.ts';
import { startBenchService } from './bench-service.ts';
import { measureIngest, type IngestFigure, type Shape } from './measure.ts';
import { measureTessera, type TesseraFigure } from './tessera-log.ts';

const READINGS = 60;
const CONNECTIONS = 24;
const INCLUSION_GOAL_MS = 1_000;
const HALF_LOAD_ACK_GOAL_MS = 100;
const HALF_LOAD_SECONDS = 15;
/** Of Tessera's entries a second, for batches of a reading each, although every one is signed and stored. */
const TESSERA_SHARE = 0.5;
/** Half of what Tessera's log wrote here, for runs without it. */
const SINGLE_READING_GOAL = 8_200;

/** The loads that are measured, each on the same service, one after the other. Goals are batches a second. */
const SHAPES: readonly (Shape & { readonly goal: number })[] = [
  {
    name: '20 batches a request',
    batches: 20,
    readings: READINGS,
    requests: 3_000,
    connections: CONNECTIONS,
    goal: 5_000,
  },
  {
    name: '1 batch a request',
    batches: 1,
    readings: READINGS,
    requests: 20_000,
    connections: 8 * CONNECTIONS,
    goal: 3_000,
  },
  {
    name: '20 single-reading batches a request',
    batches: 20,
    readings: 1,
    requests: 2_000,
    connections: CONNECTIONS,
    goal: SINGLE_READING_GOAL,
  },
];

type Judged = IngestFigure & { readonly goal: number | null; readonly ok: boolean };

/**
 * Durable signed batches a second through the whole service: real PostgreSQL, the real HTTP path, devices enrolled on its
 * chain, the load generator on the same cores. The last load runs at half the rate of the first and shows latencies.
 *
 * @param options.peer `tessera` runs Tessera's log and its own hammer beside it
 * @example npm run bench -- ingest --json --peer tessera
 */
export const runIngestBench = async ({ peer }: BenchOptions = {}): Promise<BenchReport> => {
  const tessera = peer === 'tessera' ? await measureTessera() : undefined;
  const service = await startBenchService();
  try {
    const figures: Judged[] = [];
    for (const { goal: stated, ...shape } of SHAPES) {
      const figure = await measureIngest(service, shape);
      const beside = shape.readings === 1 && tessera !== undefined;
      const goal = beside ? Math.round(TESSERA_SHARE * tessera.entriesPerSecond) : stated;
      const ok = figure.batchesPerSecond >= goal && figure.inclusionP99Ms <= INCLUSION_GOAL_MS;
      figures.push({ ...figure, goal, ok });
    }
    const [shape] = SHAPES;
    const [first] = figures;
    if (shape === undefined || first === undefined) throw new RangeError('a bench without loads');
    const perSecond = Math.max(1, Math.round(first.batchesPerSecond / 2 / shape.batches));
    const half = await measureIngest(service, {
      ...shape,
      name: `${shape.name}, at half that load`,
      requests: HALF_LOAD_SECONDS * perSecond,
      perSecond,
    });
    const ok = half.ackP99Ms <= HALF_LOAD_ACK_GOAL_MS && half.inclusionP99Ms <= INCLUSION_GOAL_MS;
    figures.push({ ...half, goal: null, ok });
    return reportOf(figures, tessera);
  } finally {
    await service.stop();
  }
};

const reportOf = (figures: readonly Judged[], tessera: TesseraFigure | undefined): BenchReport => {
  const rows = figures.map((each) => {
    const { batchesPerSecond, readingsPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms, goal, ok } = each;
    const cells = [batchesPerSecond, readingsPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms];
    const asked =
      goal === null ? `${HALF_LOAD_ACK_GOAL_MS} ms ack p99` : `${goal.toLocaleString('en')} batches/s`;
    const numbers = cells.map((cell) => cell.toLocaleString('en').padStart(11)).join('');
    return `${each.name.padEnd(42)}${numbers}  ${ok ? 'meets' : 'MISSES'} ${asked}`;
  });
  const titles = ['batches/s', 'readings/s', 'ack p50 ms', 'ack p99 ms', 'incl. p99'];
  const head = `${''.padEnd(42)}${titles.map((title) => title.padStart(11)).join('')}`;
  const costs = figures.map(
    ({ name, cpuSecondsPerMillionReadings, databaseBytesPerReading, rssMiB }) =>
      `${name}: CPU s per million readings ${JSON.stringify(cpuSecondsPerMillionReadings)}, ` +
      `${databaseBytesPerReading} database bytes a reading, RSS up to ${Math.max(...rssMiB)} MiB`,
  );
  const ratios = figures.map(({ name, batchesPerSecond, readingsPerSecond }) => ({
    name,
    batches: ratio(batchesPerSecond, tessera),
    readings: ratio(readingsPerSecond, tessera),
  }));
  const beside =
    tessera === undefined
      ? []
      : [
          '',
          `Tessera's POSIX log, its own hammer with ${tessera.writers} writers: ${tessera.entriesPerSecond.toLocaleString('en')} unsigned entries of ${tessera.entryBytes} bytes a second`,
          ...ratios.map(
            ({ name, batches, readings }) =>
              `${name}: ${batches}× its entries in batches, ${readings}× in readings`,
          ),
        ];
  const ok = figures.every((figure) => figure.ok);
  return {
    json: {
      bench: 'ingest',
      ok,
      ...figures[0],
      figures,
      tessera: tessera === undefined ? null : { ...tessera, ratios },
    },
    text: `${[head, ...rows, '', ...costs, ...beside].join('\n')}\n`,
    ok,
  };
};

const ratio = (rate: number, tessera: TesseraFigure | undefined): number | null =>
  tessera === undefined ? null : Number((rate / tessera.entriesPerSecond).toFixed(2));
