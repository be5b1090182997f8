import { parentPort, workerData } from 'node:worker_threads';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Checked, Examinable, SealedPayload } from './candidate.ts';
import { examine, type Wrapping } from './examination.ts';

/** Statements on their way to a worker. */
export type ExaminationJob = {
  readonly id: number;
  readonly statements: readonly Examinable[];
  readonly wrapping: Wrapping;
};

/** What the worker found, in the same order. */
export type ExaminationDone = {
  readonly id: number;
  readonly checked: readonly Checked<SealedPayload | undefined>[];
};

/** URL of the module whose `loadPrimitives` gives the worker its cryptography. */
export type ExaminerWorkerData = { readonly primitivesModule: string };

type PrimitivesModule = { readonly loadPrimitives: () => Promise<{ readonly primitives: Primitives }> };

const { primitivesModule } = workerData as ExaminerWorkerData;
const { loadPrimitives } = (await import(primitivesModule)) as PrimitivesModule;
const { primitives } = await loadPrimitives();

parentPort?.on('message', ({ id, statements, wrapping }: ExaminationJob) => {
  const checked = statements.map((statement) => examine(statement, wrapping, primitives));
  parentPort?.postMessage({ id, checked } satisfies ExaminationDone);
});
