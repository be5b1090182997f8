import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions, BenchReport } from '../report.ts';
import { startBenchService, type BenchService } from '../ingest/bench-service.ts';
import { prepareRequests, type PreparedRequest } from '../ingest/corpus.ts';
import { sendLoad } from '../ingest/load.ts';
import { measureIngest } from '../ingest/measure.ts';
import { median } from '../statistics.ts';

const SIZES = [10_000, 1_000_000];
const BATCHES = 20;
const FILL_REQUESTS = 2_500;
const PROOFS = 100;
/** How much slower ingest may be than at the first size. */
const FLAT = 0.85;

type AtSize = {
  readonly entries: number;
  readonly batchesPerSecond: number;
  readonly ackP99Ms: number;
  readonly inclusionP99Ms: number;
  /** Median time of a bundle, and the hashes of its inclusion path. */
  readonly bundleMs: number;
  readonly proofHashes: number;
  readonly restartMs: number;
  readonly rssMiB: number;
};

/** Signs a part of the fill, giving way after each request to one that is being sent. */
const prepare = async ({ fleet }: BenchService, entries: number): Promise<PreparedRequest[]> => {
  const requests: PreparedRequest[] = [];
  const count = Math.min(FILL_REQUESTS, Math.ceil(entries / BATCHES));
  while (requests.length < count) {
    requests.push(...prepareRequests(fleet, { requests: 1, batches: BATCHES, readings: 1 }));
    await setImmediate();
  }
  return requests;
};

/** Fills the log with single-reading batches: one part is signed while another is sent. @returns digests of some of them */
const fill = async (service: BenchService, entries: number): Promise<string[]> => {
  const digests: string[] = [];
  const part = FILL_REQUESTS * BATCHES;
  let requests = await prepare(service, entries);
  for (let left = entries; left > 0; left -= part) {
    process.stderr.write(`${left} entries to fill …\n`);
    const next = left > part ? prepare(service, left - part) : [];
    await sendLoad(service.url, requests, { connections: 24, probeEvery: requests.length });
    digests.push(...requests.slice(0, 2).flatMap((request) => request.digests[0] ?? []));
    requests = await next;
  }
  return digests;
};

/** Waits until the evidence of an anchor over the whole log is there, which bundles need. */
const untilBundled = async (url: string, digest: string): Promise<void> => {
  while ((await fetch(`${url}/v1/bundles/${digest}`)).status !== 200) await sleep(500);
};

const proofsOf = async (url: string, digests: readonly string[]) => {
  const times: number[] = [];
  let hashes = 0;
  for (let i = 0; i < PROOFS; i += 1) {
    const began = performance.now();
    const answer = await fetch(`${url}/v1/bundles/${digests[i % digests.length]}`);
    const bundle = (await answer.json()) as { proof?: string };
    if (answer.status !== 200) throw new Error(`a bundle was answered ${answer.status}`);
    times.push(performance.now() - began);
    // tlog-proof@v1: a base64 hash a line between the index and the checkpoint.
    hashes = Math.max(hashes, (bundle.proof ?? '').split('\n').filter((line) => line.length === 44).length);
  }
  return { bundleMs: Number(median(times).toFixed(1)), proofHashes: hashes };
};

const measureAt = async (service: BenchService, entries: number, digests: readonly string[]) => {
  const shape = {
    name: `at ${entries} entries`,
    batches: BATCHES,
    readings: 60,
    requests: 1_500,
    connections: 24,
  };
  const { batchesPerSecond, ackP99Ms, inclusionP99Ms, rssMiB } = await measureIngest(service, shape);
  await untilBundled(service.url, digests.at(-1) ?? '');
  const proofs = await proofsOf(service.url, digests);
  // Said at once: what follows may fail, and the fill has taken long.
  const soFar = { entries, batchesPerSecond, ackP99Ms, inclusionP99Ms, ...proofs };
  process.stderr.write(`${JSON.stringify(soFar)}\n`);
  const { service: again, readyMs } = await service.restart();
  const figure: AtSize = {
    ...soFar,
    restartMs: Math.round(readyMs),
    rssMiB: Math.max(...rssMiB),
  };
  return { again, figure };
};

/**
 * Ingest, proofs and restart of a log that holds ever more entries, filled through the real HTTP path.
 *
 * @param options.sizes entries in the log at each measurement, ascending
 * @example npm run bench -- growth --sizes 10000,1000000
 */
export const runGrowthBench = async ({ sizes = SIZES }: BenchOptions = {}): Promise<BenchReport> => {
  let service = await startBenchService();
  try {
    const figures: AtSize[] = [];
    const digests: string[] = [];
    let held = 0;
    for (const entries of sizes) {
      digests.push(...(await fill(service, entries - held)));
      const { again, figure } = await measureAt(service, entries, digests);
      service = again;
      figures.push(figure);
      held = entries;
    }
    return reportOf(figures);
  } finally {
    await service.stop();
  }
};

const reportOf = (figures: readonly AtSize[]): BenchReport => {
  const first = figures[0]?.batchesPerSecond ?? 0;
  const ok = figures.every(
    ({ batchesPerSecond, proofHashes, entries }) =>
      batchesPerSecond >= FLAT * first && proofHashes <= 2 + Math.ceil(Math.log2(2 * entries)),
  );
  const titles = [
    'entries',
    'batches/s',
    'ack p99 ms',
    'incl. p99',
    'bundle ms',
    'hashes',
    'restart ms',
    'RSS MiB',
  ];
  const rows = figures.map((each) =>
    Object.values(each)
      .map((cell) => cell.toLocaleString('en').padStart(12))
      .join(''),
  );
  const verdict = `ingest ${ok ? 'is flat' : 'IS NOT FLAT'}: at least ${FLAT}× the rate at the first size; a proof is logarithmic`;
  return {
    json: { bench: 'growth', ok, figures },
    text: `${[titles.map((title) => title.padStart(12)).join(''), ...rows, '', verdict].join('\n')}\n`,
    ok,
  };
};
