/**
 * Why a log cannot be restored.
 *
 * - `nothing-anchored`: the chain holds no anchor of the log, so nothing says what it was.
 * - `database-not-empty`: the database holds something that a restoration did not put there.
 */
export type RestoreErrorCode = 'nothing-anchored' | 'database-not-empty';

/** A restoration that must not go on. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly code: RestoreErrorCode;
  constructor(code: RestoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
