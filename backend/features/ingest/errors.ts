/**
 * Why a whole request was not taken. Nothing of it is known to be stored; sending it again is safe.
 *
 * - `overloaded`: the queue is full, or something behind ingest must catch up first.
 * - `closed`: the service is stopping.
 * - `log-halted`: something was anchored in the log's name that is not the log's; it takes nothing until a new epoch begins.
 */
export type IngestErrorCode = 'overloaded' | 'closed' | 'log-halted';

/** Thrown by `Ingest.submit`. */
export class IngestError extends Error {
  override readonly name = 'IngestError';
  readonly code: IngestErrorCode;
  readonly retryAfterSeconds: number;
  /** What has to catch up, for a person. */
  readonly reason: string | undefined;

  constructor(code: IngestErrorCode, retryAfterSeconds: number, reason?: string) {
    super(`${reason === undefined ? code : `${code} (${reason})`}: try again in ${retryAfterSeconds} s`);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.reason = reason;
  }
}
