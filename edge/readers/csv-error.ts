/** Why a telemetry file was not read. */
export type CsvErrorCode = 'unreadable' | 'malformed' | 'empty' | 'no-channels' | 'not-a-number' | 'bad-time';

/** A telemetry file that cannot be read, with the place in it. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  readonly code: CsvErrorCode;

  constructor(code: CsvErrorCode, file: string, detail: string) {
    super(`${file}: ${detail}`);
    this.code = code;
  }
}
