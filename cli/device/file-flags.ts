import type { Command } from 'commander';
import type { FileOptions } from '../../edge/readers/file-options.ts';
import { readIsoOrUnix } from '../../edge/readers/time/iso.ts';
import { TimeRefusal } from '../../edge/readers/time/written-time.ts';
import { UsageError } from '../usage-error.ts';

/** How a file is to be read, on the command line. */
export type FileFlags = {
  readonly map?: readonly string[];
  readonly preset?: string;
  readonly timezone?: string;
  readonly dateFormat?: string;
  readonly encoding?: string;
  readonly separator?: string;
  readonly decimal?: string;
  readonly thousands?: string;
  readonly skipInvalid?: boolean;
  readonly round?: boolean;
  readonly start?: string;
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The flags of a file, the same wherever one is named. */
export const withFileFlags = (command: Command): Command =>
  command
    .option(
      '--map <column=meaning>',
      "what a column is: 'Ppv(W)=active-power:W', 'Zeitpunkt=time', 'Note=ignore'; '#3=…' names the third (repeatable)",
      collect,
    )
    .option('--preset <name>', 'plain, citylearn, home-assistant, sbfspot or fusionsolar (found without it)')
    .option('--timezone <zone>', 'zone of times without offset, as Europe/Berlin')
    .option('--date-format <form>', "form of times that are not ISO 8601, as 'dd.MM.yyyy HH:mm'")
    .option('--encoding <name>', 'utf-8, utf-16le, utf-16be, gb18030 or windows-1252 (the last never found)')
    .option('--separator <mark>', 'mark between cells; tab for a tabulator (found without it)')
    .option('--decimal <mark>', 'decimal mark, a point or a comma')
    .option('--thousands <mark>', 'mark between groups of three digits (none without it)')
    .option('--skip-invalid', 'leave rows out that cannot be read, count and keep them')
    .option('--round', 'round numbers with more decimals than their channel')
    .option('--start <time>', 'time of the first row, where rows carry none');

/** `--start`: an instant. @throws UsageError */
const startOf = (text: string | undefined): { startMs?: number } => {
  if (text === undefined) return {};
  const time = readIsoOrUnix(text);
  if (time instanceof TimeRefusal) throw new UsageError(`--start: ${time.message}`);
  if (time.kind === 'wall')
    throw new UsageError(
      `--start ${text} names no offset: write it as ${text.replace(' ', 'T')}Z, or +01:00`,
    );
  return { startMs: time.ms };
};

/** The options that the flags make. @throws UsageError */
export const fileOptionsOf = ({ start, ...flags }: FileFlags): FileOptions => {
  const { map, preset, timezone, dateFormat, encoding, separator, decimal, thousands, skipInvalid, round } =
    flags;
  return {
    ...(map === undefined ? {} : { map }),
    ...(preset === undefined ? {} : { preset }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(dateFormat === undefined ? {} : { dateFormat }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(separator === undefined ? {} : { separator }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(thousands === undefined ? {} : { thousands }),
    ...(skipInvalid === undefined ? {} : { skipInvalid }),
    ...(round === undefined ? {} : { round }),
    ...startOf(start),
  };
};
