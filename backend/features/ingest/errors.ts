/**
 * Why a whole request was not taken. Nothing of it is known to be stored; sending it again is safe.
 *
 * - `overloaded`: the queue or the sequencer's backlog is full.
 * - `closed`: the service is stopping.
 */
export type IngestErrorCode = 'overloaded' | 'closed';

/** Thrown by `Ingest.submit`. */
export class IngestError extends Error {
  override readonly name = 'IngestError';
  readonly code: IngestErrorCode;
  readonly retryAfterSeconds: number;

  constructor(code: IngestErrorCode, retryAfterSeconds: number) {
    super(`${code}: try again in ${retryAfterSeconds} s`);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
