import {
  MAX_RAW_SERIES_LENGTH,
  parseRawSeries,
  ProtocolError,
  rawRootOf,
  requireRawRoot,
  toHex,
  type Verdict,
} from '@gridseal/protocol';
import { readNamedFile } from '../read-file.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a raw series is beside a bundle. */
export type RawVerdict = {
  readonly holds: boolean;
  readonly readings?: number;
  readonly rawRoot?: string;
  readonly message?: string;
};

/**
 * Says whether a file holds everything that was measured for a batch, as the summaries that the bundle discloses state it.
 * What the batch itself proves is the verdict's to say.
 */
export const checkRaw = async (
  file: string,
  { summary }: Verdict,
  terminal: Terminal,
): Promise<RawVerdict> => {
  try {
    const document = new TextDecoder().decode(await readNamedFile(file, MAX_RAW_SERIES_LENGTH));
    const series = parseRawSeries(document);
    const rawRoot = rawRootOf(series);
    requireRawRoot(summary?.readings ?? [], rawRoot);
    const { length } = series.readings;
    terminal.line(`  Raw series: ${file} holds the ${length} readings whose root the batch states.`);
    return { holds: true, readings: length, rawRoot: toHex(rawRoot) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    terminal.error(`${file} is not the raw series of this batch: ${error.message}`);
    return { holds: false, message: error.message };
  }
};
