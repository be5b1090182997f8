import { parse, type Parser } from 'csv-parse';
import { FileError } from '../file-error.ts';
import type { Encoding } from './encoding.ts';

/** The cells of one row, trimmed, and the line of the file that it ends on, from 1. */
export type RawRow = { readonly cells: readonly string[]; readonly line: number };

/** How lines become cells. */
export type Cutting = {
  readonly encoding: Encoding;
  readonly separator: string;
  /** Lines before the header and the header itself, which are not parsed as rows. */
  readonly skipLines: number;
};

/** A row longer than this is a file with an open quote, not a row. */
const MAX_ROW_LENGTH = 1_048_576;

/** Parser options that sniffing and reading have in common. */
export const cuttingOptions = (separator: string) =>
  ({
    delimiter: separator,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_ROW_LENGTH,
  }) as const;

/** Decodes chunks; says on which line a byte is wrong. */
const decoderOf = (
  { name, mark }: Encoding,
  file: string,
): ((chunk: Uint8Array, isLast: boolean) => string) => {
  const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true });
  let isFirst = true;
  let lines = 1;
  return (chunk, isLast) => {
    const bytes = isFirst ? chunk.subarray(mark) : chunk;
    isFirst = false;
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: !isLast });
    } catch {
      const row = lines + wrongLine(bytes, name);
      throw new FileError('encoding', file, `row ${row} is not ${name}; say what it is with --encoding`, [
        { code: 'encoding', row, message: `is not ${name}`, remedy: 'say what it is with --encoding' },
      ]);
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
    return text;
  };
};

/** How many line ends of a chunk stand before its first wrong bytes. */
const wrongLine = (bytes: Uint8Array, name: string): number => {
  const decodes = (end: number): boolean => {
    try {
      new TextDecoder(name, { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (decodes(middle)) low = middle;
    else high = middle - 1;
  }
  let count = 0;
  for (const byte of bytes.subarray(0, low)) if (byte === 0x0a) count += 1;
  return count;
};

/** Takes whole lines off the beginning of a text that comes in pieces. */
const lineSkipper = (count: number): ((text: string) => string) => {
  let left = count;
  return (text) => {
    let at = 0;
    while (left > 0) {
      const end = text.indexOf('\n', at);
      if (end < 0) return '';
      at = end + 1;
      left -= 1;
    }
    return at === 0 ? text : text.slice(at);
  };
};

const write = (parser: Parser, text: string | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    };
    if (text === undefined) parser.end(done);
    else parser.write(text, done);
  });

/**
 * Cuts a file into rows, in pieces as its chunks come: memory does not grow with the file.
 *
 * @throws FileError `encoding`, `malformed` with the line
 */
export async function* readRows(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { encoding, separator, skipLines }: Cutting,
): AsyncGenerator<readonly RawRow[]> {
  let rows: RawRow[] = [];
  let failure: Error | undefined;
  const parser = parse({
    ...cuttingOptions(separator),
    on_record: (cells: readonly string[], { lines }) => {
      rows.push({ cells, line: lines + skipLines });
      return null;
    },
  });
  parser.on('error', (error: Error) => (failure = error));
  parser.resume();
  const decode = decoderOf(encoding, file);
  const skip = lineSkipper(skipLines);
  const feed = async (text: string | undefined): Promise<readonly RawRow[]> => {
    try {
      await write(parser, text);
      if (failure !== undefined) throw failure;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const at = /at line (\d+)/u.exec(reason)?.[1];
      const row = at === undefined ? undefined : Number(at) + skipLines;
      throw new FileError('malformed', file, reason.replace(/at line \d+/u, `at row ${row}`), [
        { code: 'malformed', ...(row === undefined ? {} : { row }), message: reason },
      ]);
    }
    const taken = rows;
    rows = [];
    return taken;
  };
  try {
    for await (const chunk of chunks) {
      const text = skip(decode(chunk, false));
      if (text !== '') yield await feed(text);
    }
    const tail = skip(decode(new Uint8Array(), true));
    if (tail !== '') yield await feed(tail);
    yield await feed(undefined);
  } finally {
    parser.destroy();
  }
}
