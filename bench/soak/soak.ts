import type { BenchOptions, BenchReport } from '../report.ts';
import { startBenchService } from '../ingest/bench-service.ts';
import { measureIngest, type IngestFigure } from '../ingest/measure.ts';
import { median } from '../statistics.ts';

const MINUTES = 10;
const BATCHES = 20;
const REQUESTS = 5_000;
/** Memory of the last fifth above that of the second that still counts as flat. */
const FLAT = 1.15;

type Round = Pick<
  IngestFigure,
  'batchesPerSecond' | 'ackP50Ms' | 'ackP99Ms' | 'inclusionP99Ms' | 'databaseBytesPerReading'
> & { readonly entries: number; readonly rssMiB: number };

/**
 * Sends batches for minutes, as fast as they are answered, and watches whether rate, latency and resident memory stay.
 *
 * @param options.minutes 10 unless told otherwise
 * @example npm run bench -- soak --minutes 10
 */
export const runSoakBench = async ({ minutes = MINUTES }: BenchOptions = {}): Promise<BenchReport> => {
  const service = await startBenchService();
  try {
    const rounds: Round[] = [];
    for (const end = performance.now() + 60_000 * minutes; performance.now() < end;) {
      const name = `round ${rounds.length + 1}`;
      const shape = { name, batches: BATCHES, readings: 60, requests: REQUESTS, connections: 24 };
      const { rssMiB, ...figure } = await measureIngest(service, shape);
      const entries = (rounds.length + 1) * REQUESTS * BATCHES;
      rounds.push({ ...figure, entries, rssMiB: Math.round(median(rssMiB)) });
    }
    return reportOf(rounds, minutes);
  } finally {
    await service.stop();
  }
};

const reportOf = (rounds: readonly Round[], minutes: number): BenchReport => {
  const fifth = Math.max(1, Math.floor(rounds.length / 5));
  const second = Math.min(fifth, rounds.length - 1);
  const early = median(rounds.slice(second, 2 * fifth + 1).map(({ rssMiB }) => rssMiB));
  const late = median(rounds.slice(-fifth).map(({ rssMiB }) => rssMiB));
  const growth = Number((late / early).toFixed(2));
  const ok = growth <= FLAT;
  const rows = rounds.map(({ entries, batchesPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms, rssMiB }) =>
    [entries, batchesPerSecond, ackP50Ms, ackP99Ms, inclusionP99Ms, rssMiB]
      .map((cell) => cell.toLocaleString('en').padStart(12))
      .join(''),
  );
  const head = ['entries', 'batches/s', 'ack p50 ms', 'ack p99 ms', 'incl. p99', 'RSS MiB']
    .map((title) => title.padStart(12))
    .join('');
  const verdict = `memory at the end is ${growth}× that of the second fifth: ${ok ? 'flat' : 'NOT FLAT'} (at most ${FLAT}×)`;
  return {
    json: { bench: 'soak', ok, minutes, growth, rounds },
    text: `${[head, ...rows, '', verdict].join('\n')}\n`,
    ok,
  };
};
