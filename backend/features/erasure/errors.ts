/**
 * Why a batch cannot be erased.
 *
 * - `statement-unknown`: no statement of this digest is in the log.
 * - `no-readings`: the statement is of a kind without readings.
 * - `payload-missing`: neither PostgreSQL nor the content store has the payload block that names its key.
 */
export type ErasureErrorCode = 'statement-unknown' | 'no-readings' | 'payload-missing';

/** A batch that cannot be erased, and why. */
export class ErasureError extends Error {
  override readonly name = 'ErasureError';
  readonly code: ErasureErrorCode;
  constructor(code: ErasureErrorCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}
