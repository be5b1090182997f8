/** Why a telemetry file was not read. */
export type FileErrorCode =
  'unreadable' | 'malformed' | 'empty' | 'no-channels' | 'not-a-number' | 'bad-time';

/** A telemetry file that cannot be read, with the place in it. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, file: string, detail: string) {
    super(`${file}: ${detail}`);
    this.code = code;
  }
}
