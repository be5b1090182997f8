import { readFile } from 'node:fs/promises';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { z } from 'zod';
import { FileError } from '../readers/file-error.ts';
import type { FileOptions } from '../readers/file-options.ts';

const FORMAT = 'gridseal-file-options/1';

const document = z.strictObject({
  format: z.literal(FORMAT),
  map: z.array(z.string()).optional(),
  preset: z.string().optional(),
  timezone: z.string().optional(),
  dateFormat: z.string().optional(),
  encoding: z.string().optional(),
  separator: z.string().optional(),
  decimal: z.string().optional(),
  thousands: z.string().optional(),
});

const fileOf = (keyFile: string): string => `${keyFile}.file.json`;

/** Keeps how the file of an enrolment was read, so that the next one of the same meter is read alike without naming it all again. */
export const keepFileOptions = (keyFile: string, options: FileOptions): Promise<void> => {
  const { map, preset, timezone, dateFormat, encoding, separator, decimal, thousands } = options;
  const kept = { format: FORMAT, map, preset, timezone, dateFormat, encoding, separator, decimal, thousands };
  return writeDurableFile(fileOf(keyFile), `${JSON.stringify(kept, undefined, 2)}\n`);
};

/**
 * Options as given, completed by those of the enrolment. Of columns the enrolment named, those that the file lacks are no mistake.
 *
 * @throws FileError `malformed` when what is kept was damaged
 */
export const withKeptOptions = async (keyFile: string, given: FileOptions): Promise<FileOptions> => {
  const file = fileOf(keyFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return given;
    throw cause;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FileError('malformed', file, cause instanceof Error ? cause.message : String(cause));
  }
  const read = document.safeParse(json);
  if (!read.success) throw new FileError('malformed', file, z.prettifyError(read.error));
  const { format: _format, map, ...kept } = read.data;
  const defined = Object.fromEntries(
    Object.entries(kept).filter(([, value]) => value !== undefined),
  ) as FileOptions;
  return { ...defined, ...(map === undefined ? {} : { keptMap: map }), ...given };
};
