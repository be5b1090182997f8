/** Why the log cannot show what was asked for. Each is about the published log, never about a fault of the database. */
export type LogErrorCode = 'index-out-of-range' | 'size-out-of-range' | 'range-too-wide' | 'tile-not-found';

/** Thrown by a `LogReader`. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly expected: string;
  readonly actual: string;

  constructor(code: LogErrorCode, expected: string, actual: string) {
    super(`${code}: expected ${expected}, asked for ${actual}`);
    this.code = code;
    this.expected = expected;
    this.actual = actual;
  }
}
