import { Worker } from 'node:worker_threads';
import type { Checked, Examinable, SealedPayload } from './candidate.ts';
import type { Wrapping } from './examination.ts';
import type { ExaminationDone, ExaminationJob, ExaminerWorkerData } from './examiner-worker.ts';
import type { Examiner } from './ingest.ts';

/** Examines requests on threads of their own, so that signatures hold nothing else up. */
export type ExaminerPool = { readonly examine: Examiner; readonly close: () => Promise<void> };

type Examined = readonly Checked<SealedPayload | undefined>[];

type Waiting = {
  readonly resolve: (checked: Examined) => void;
  readonly reject: (error: unknown) => void;
};

type Seat = { worker: Worker | undefined; deaths: number; readonly waiting: Map<number, Waiting> };

/** Statements of one message: few enough to spread a request over the threads, enough to be worth one. */
const PORTION = 64;
/** Deaths without a finished message between them, after which a seat stays empty. */
const MAX_DEATHS = 5;

/**
 * Starts `threads` workers. A worker that dies fails what it had under way and is replaced.
 *
 * @param primitivesModule URL of the module whose `loadPrimitives` gives each worker its cryptography
 * @example const pool = createExaminerPool({ threads: 2, primitivesModule })
 */
export const createExaminerPool = (options: {
  readonly threads: number;
  readonly primitivesModule: URL;
}): ExaminerPool => {
  const workerData: ExaminerWorkerData = { primitivesModule: options.primitivesModule.href };
  const seats: Seat[] = [];
  let isClosed = false;
  let lastId = 0;

  const occupy = (seat: Seat): void => {
    const worker = new Worker(new URL('./examiner-worker.ts', import.meta.url), { workerData });
    seat.worker = worker;
    let cause: unknown;
    worker.on('message', ({ id, checked }: ExaminationDone) => {
      seat.deaths = 0;
      seat.waiting.get(id)?.resolve(checked);
      seat.waiting.delete(id);
    });
    worker.on('error', (error: unknown) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      seat.worker = undefined;
      seat.deaths += 1;
      const error = new Error(`an examination thread ended with code ${code}`, { cause });
      for (const { reject } of seat.waiting.values()) reject(error);
      seat.waiting.clear();
      if (!isClosed && seat.deaths < MAX_DEATHS) occupy(seat);
    });
  };
  for (let n = 0; n < options.threads; n += 1) {
    const seat: Seat = { worker: undefined, deaths: 0, waiting: new Map() };
    occupy(seat);
    seats.push(seat);
  }

  const send = (statements: readonly Examinable[], wrapping: Wrapping): Promise<Examined> =>
    new Promise((resolve, reject) => {
      const [seat] = seats
        .filter(({ worker }) => worker !== undefined)
        .sort((a, b) => a.waiting.size - b.waiting.size);
      if (seat?.worker === undefined) {
        reject(new Error('no examination thread runs'));
        return;
      }
      lastId += 1;
      seat.waiting.set(lastId, { resolve, reject });
      const job: ExaminationJob = { id: lastId, statements: statements.map(withoutBody), wrapping };
      seat.worker.postMessage(job);
    });

  return {
    examine: async (statements, wrapping) => {
      const portions: Promise<Examined>[] = [];
      for (let at = 0; at < statements.length; at += PORTION)
        portions.push(send(statements.slice(at, at + PORTION), wrapping));
      return (await Promise.all(portions)).flat();
    },
    close: async () => {
      isClosed = true;
      await Promise.all(seats.flatMap(({ worker }) => (worker === undefined ? [] : [worker.terminate()])));
    },
  };
};

/** Copies views: a message would otherwise carry the whole request body with every portion of it. */
const withoutBody = ({ digest, signature, keyId, ownKeyOf, telemetry }: Examinable): Examinable => ({
  digest,
  signature: Uint8Array.from(signature),
  keyId: Uint8Array.from(keyId),
  ownKeyOf: ownKeyOf === undefined ? undefined : Uint8Array.from(ownKeyOf),
  telemetry:
    telemetry === undefined
      ? undefined
      : {
          ...telemetry,
          readingsRoot: Uint8Array.from(telemetry.readingsRoot),
          batchKey: Uint8Array.from(telemetry.batchKey),
          columnar: Uint8Array.from(telemetry.columnar),
        },
});
