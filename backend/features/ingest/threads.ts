import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Checked, Examinable, SealedPayload } from './candidate.ts';
import type { Wrapping } from './examination.ts';
import { packStatements, unpackFindings } from './examination-wire.ts';
import type { Examiner } from './ingest.ts';
import { packTaken } from './receipt-wire.ts';
import type { ThreadData, ThreadDone, ThreadJob, ThreadOrder, ThreadResult, ThreadTask } from './thread.ts';
import type { ReceiptsIssuer } from './types.ts';

/** Does what costs on threads of its own, so that signatures hold nothing else up. */
export type Threads = {
  readonly examine: Examiner;
  readonly issue: ReceiptsIssuer;
  readonly close: () => Promise<void>;
};

type Waiting = {
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (error: unknown) => void;
};

type Finding = Checked<SealedPayload | undefined>;

/** Statements of the requests of one turn of the event loop. */
type Gathering = {
  readonly statements: Examinable[];
  readonly wrapping: Wrapping;
  readonly found: Promise<readonly Finding[]>;
};

/** A message that no thread has yet. */
type Queued = Waiting & { readonly task: ThreadTask };

type Seat = { worker: Worker | undefined; deaths: number; readonly waiting: Map<number, Waiting> };

/** Statements of one message: few enough to spread a request over the threads, enough to be worth one. */
const PORTION = 64;
/** Messages that a thread has at once: while it works on one the next is there. */
const AHEAD = 2;
/** Deaths without a finished message between them, after which a seat stays empty. */
const MAX_DEATHS = 5;
const SIGNATURE = 66;

/** A thread ends by itself: native code that is cut off in the midst of its work aborts the whole process. */
const endOf = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.postMessage('end' satisfies ThreadOrder);
  });

/**
 * Starts threads. One that dies fails what it had under way and is replaced.
 *
 * @param threads how many
 * @param data the cryptography and the operator's key that each is given
 * @example const { examine, issue, close } = startThreads(2, { primitivesModule, signerModule, operatorKey, domain })
 */
export const startThreads = (threads: number, data: ThreadData): Threads => {
  const seats: Seat[] = [];
  /** A flush waits for its receipts, and everybody for the flush: receipts go before what is yet to be examined. */
  const queues: Readonly<Record<ThreadTask['kind'], Queued[]>> = { sign: [], examine: [] };
  let isClosed = false;
  let lastId = 0;

  const occupy = (seat: Seat): void => {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: data });
    seat.worker = worker;
    let cause: unknown;
    worker.on('message', ({ id, ...result }: ThreadDone) => {
      seat.deaths = 0;
      seat.waiting.get(id)?.resolve(result);
      seat.waiting.delete(id);
      pump();
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
      pump();
    });
  };
  for (let n = 0; n < threads; n += 1) {
    const seat: Seat = { worker: undefined, deaths: 0, waiting: new Map() };
    occupy(seat);
    seats.push(seat);
  }

  const freest = (): Seat | undefined =>
    seats.filter(({ worker }) => worker !== undefined).toSorted((a, b) => a.waiting.size - b.waiting.size)[0];

  /** Hands out what is queued as far as threads have room. */
  const pump = (): void => {
    for (;;) {
      const seat = freest();
      if (seat !== undefined && seat.waiting.size >= AHEAD) return;
      const next = queues.sign.shift() ?? queues.examine.shift();
      if (next === undefined) return;
      const { task, resolve, reject } = next;
      if (seat?.worker === undefined) {
        reject(new Error('no examination thread runs'));
        continue;
      }
      lastId += 1;
      seat.waiting.set(lastId, { resolve, reject });
      seat.worker.postMessage({ ...task, id: lastId } satisfies ThreadJob, [
        task.bytes.buffer as ArrayBuffer,
      ]);
    }
  };

  const send = (task: ThreadTask): Promise<ThreadResult> =>
    new Promise((resolve, reject) => {
      queues[task.kind].push({ task, resolve, reject });
      pump();
    });

  const examineAll = async (
    statements: readonly Examinable[],
    wrapping: Wrapping,
  ): Promise<readonly Finding[]> => {
    const results = await Promise.all(
      portionsOf(statements).map((portion) =>
        send({ kind: 'examine', bytes: packStatements(portion), wrapping }),
      ),
    );
    return results.flatMap(({ bytes, refusals }) => unpackFindings(bytes, refusals));
  };

  /** Requests that arrive together are examined together: a message costs as much as a statement. */
  let gathering: Gathering | undefined;
  const gather = (wrapping: Wrapping): Gathering => {
    const statements: Examinable[] = [];
    const found = setImmediate().then(() => {
      if (gathering?.statements === statements) gathering = undefined;
      return examineAll(statements, wrapping);
    });
    return { statements, wrapping, found };
  };

  const portionsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
    Array.from({ length: Math.ceil(all.length / PORTION) }, (_, i) =>
      all.slice(PORTION * i, PORTION * (i + 1)),
    );

  return {
    examine: async (statements, wrapping) => {
      if (gathering?.wrapping.period !== wrapping.period) gathering = gather(wrapping);
      const from = gathering.statements.length;
      for (const statement of statements) gathering.statements.push(statement);
      const found = await gathering.found;
      return found.slice(from, from + statements.length);
    },
    issue: async (taken) => {
      const results = await Promise.all(
        portionsOf(taken).map((portion) => send({ kind: 'sign', bytes: packTaken(portion) })),
      );
      const signatures = results.flatMap(({ bytes }) =>
        Array.from({ length: bytes.length / SIGNATURE }, (_, i) =>
          bytes.subarray(SIGNATURE * i, SIGNATURE * (i + 1)),
        ),
      );
      return taken.map((one, i) => ({
        receipt: { logId: data.domain.logId, ...one },
        signature: signatures[i]!,
      }));
    },
    close: async () => {
      isClosed = true;
      await Promise.all(seats.flatMap(({ worker }) => (worker === undefined ? [] : [endOf(worker)])));
    },
  };
};
