/** Why a file was not read. */
export type FileErrorCode =
  | 'unreadable'
  | 'malformed'
  | 'empty'
  | 'encoding'
  | 'bad-option'
  | 'no-time'
  | 'no-channels'
  | 'no-unit'
  | 'unknown-unit'
  | 'unknown-quantity'
  | 'same-channel'
  | 'not-in-profile'
  | 'ragged'
  | 'not-a-number'
  | 'out-of-range'
  | 'bad-time'
  | 'local-time'
  | 'implausible-time'
  | 'repeated-time'
  | 'out-of-order'
  | 'changed';

/** One thing that is wrong with a file, where it stands and what to do. */
export type FileProblem = {
  readonly code: FileErrorCode;
  /** Line of the file, from 1, as an editor or a spreadsheet counts. */
  readonly row?: number;
  /** Header of the column. */
  readonly column?: string;
  readonly message: string;
  readonly remedy?: string;
};

/** Most problems that are told one by one; the others are counted. */
export const MAX_PROBLEMS = 20;

/** A problem as a line for a person. */
export const problemText = ({ row, column, message, remedy }: FileProblem): string => {
  const places = [
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined ? [] : [`column ${JSON.stringify(column)}`]),
  ].join(', ');
  return `${places === '' ? '' : `${places}: `}${message}${remedy === undefined ? '' : `; ${remedy}`}`;
};

/** A file that cannot be read, with the places in it. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;
  /** The first {@link MAX_PROBLEMS}. */
  readonly problems: readonly FileProblem[];
  /** How many there are. */
  readonly count: number;

  constructor(
    code: FileErrorCode,
    file: string,
    detail: string,
    problems: readonly FileProblem[] = [{ code, message: detail }],
    count = problems.length,
  ) {
    super(`${file}: ${detail}`);
    this.code = code;
    this.problems = problems;
    this.count = count;
  }
}

/** The error of a file with problems, one a line. */
export const refusedFile = (
  file: string,
  problems: readonly FileProblem[],
  count = problems.length,
): FileError => {
  const told = problems.slice(0, MAX_PROBLEMS);
  const lines = told.map(problemText);
  if (count > told.length) lines.push(`and ${count - told.length} more`);
  const detail = lines.length === 1 ? (lines[0] ?? '') : `\n  ${lines.join('\n  ')}`;
  return new FileError(told[0]?.code ?? 'malformed', file, detail, told, count);
};
