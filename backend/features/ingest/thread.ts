import { parentPort, workerData } from 'node:worker_threads';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Domain } from '@gridseal/protocol/statement/digest';
import { examine, type Wrapping } from './examination.ts';
import { bufferOf, packFindings, unpackStatements, type RefusedAt } from './examination-wire.ts';
import { createReceiptIssuer } from './receipt-issuer.ts';
import { unpackTaken } from './receipt-wire.ts';
import type { OperatorSigner } from './types.ts';

/** Work for a thread; the bytes change hands. */
export type ThreadTask =
  | { readonly kind: 'examine'; readonly bytes: Uint8Array; readonly wrapping: Wrapping }
  | { readonly kind: 'sign'; readonly bytes: Uint8Array };
export type ThreadJob = ThreadTask & { readonly id: number };

/** What a thread is told: a job, or to finish what came before and end. */
export type ThreadOrder = ThreadJob | 'end';

/** What the thread made of it: findings, or signatures end to end. */
export type ThreadResult = { readonly bytes: Uint8Array; readonly refusals: readonly RefusedAt[] };
export type ThreadDone = ThreadResult & { readonly id: number };

/** Modules that give the thread its cryptography, by URL, and the operator's key. */
export type ThreadData = {
  /** Exports `loadPrimitives`. */
  readonly primitivesModule: string;
  /** Exports `createDigestSigner`. */
  readonly signerModule: string;
  readonly operatorKey: Uint8Array;
  readonly domain: Domain;
};

type PrimitivesModule = { readonly loadPrimitives: () => Promise<{ readonly primitives: Primitives }> };
type SignerModule = { readonly createDigestSigner: (key: Uint8Array) => OperatorSigner };

const { primitivesModule, signerModule, operatorKey, domain } = workerData as ThreadData;
const { loadPrimitives } = (await import(primitivesModule)) as PrimitivesModule;
const { createDigestSigner } = (await import(signerModule)) as SignerModule;
const { primitives } = await loadPrimitives();
const issue = createReceiptIssuer({ domain, signer: createDigestSigner(operatorKey), primitives });

const signaturesOf = (bytes: Uint8Array): Buffer => {
  const signatures = unpackTaken(bytes).map((taken) => issue(taken).signature);
  const joined = bufferOf(signatures.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const signature of signatures) {
    joined.set(signature, at);
    at += signature.length;
  }
  return joined;
};

const work = (job: ThreadJob): ThreadResult => {
  if (job.kind === 'sign') return { bytes: signaturesOf(job.bytes), refusals: [] };
  return packFindings(
    unpackStatements(job.bytes).map((statement) => examine(statement, job.wrapping, primitives)),
  );
};

parentPort?.on('message', (order: ThreadOrder) => {
  if (order === 'end') {
    parentPort?.close();
    return;
  }
  const { bytes, refusals } = work(order);
  parentPort?.postMessage({ id: order.id, bytes, refusals } satisfies ThreadDone, [
    bytes.buffer as ArrayBuffer,
  ]);
});
