import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileOptions } from '../../edge/readers/file-options.ts';

/** The demo's command line is wrong. */
export class DemoUsageError extends Error {
  override readonly name = 'DemoUsageError';
}

export const DEMO_HELP = `npm run demo [-- OPTIONS]

One day of telemetry, from signature to verified bundle, on a service of its own that is gone afterwards.

  --csv FILE            your own telemetry instead of two simulated stations; its first day (24 hours) is sent
  --rows N              so many rows of it instead
  --out FOLDER          where bundle.json and trust.json are left (gridseal-demo)
  --map COLUMN=MEANING  as for 'gridseal device check', which shows how a file is read (repeatable)
  --preset NAME, --timezone ZONE, --date-format FORM, --encoding NAME, --separator MARK, --decimal MARK, --skip-invalid
                        likewise`;

/** What the demo was asked for; `out` is an absolute path. */
export type DemoOptions = {
  readonly help: boolean;
  readonly csv: string | undefined;
  readonly rows: number | undefined;
  readonly out: string;
  readonly file: FileOptions;
};

const DECLARED = {
  help: { type: 'boolean' },
  csv: { type: 'string' },
  rows: { type: 'string' },
  out: { type: 'string', default: 'gridseal-demo' },
  map: { type: 'string', multiple: true },
  preset: { type: 'string' },
  timezone: { type: 'string' },
  'date-format': { type: 'string' },
  encoding: { type: 'string' },
  separator: { type: 'string' },
  decimal: { type: 'string' },
  'skip-invalid': { type: 'boolean' },
} as const;

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: DECLARED }).values;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new DemoUsageError(`${cause.message}\n\n${DEMO_HELP}`, { cause });
  }
};

const rowsOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
  throw new DemoUsageError(`--rows ${text}: expected a whole number from 1 on`);
};

/** @throws DemoUsageError */
export const demoOptions = (args: readonly string[]): DemoOptions => {
  const {
    help = false,
    csv,
    rows,
    out,
    'date-format': dateFormat,
    'skip-invalid': skipInvalid,
    ...file
  } = parsed(args);
  if (csv === undefined && (rows !== undefined || Object.keys(file).length > 0))
    throw new DemoUsageError('--rows and how a file is read mean something with --csv FILE only');
  return {
    help,
    csv,
    rows: rowsOf(rows),
    out: resolve(out),
    file: {
      ...file,
      ...(dateFormat === undefined ? {} : { dateFormat }),
      ...(skipInvalid === undefined ? {} : { skipInvalid }),
    },
  };
};
