import type { DateFormat } from './time/date-format.ts';
import type { Zone } from './time/zone.ts';
import type { Cutting } from './text/rows.ts';
import type { NumberForm } from './number-form.ts';

/** A channel and the column that carries it. */
export type PlannedChannel = {
  readonly channel: number;
  /** Header of the column; the entity of a file with a row for each. */
  readonly column: string;
  /** Place of its cell; of files with a row for each entity, the cell of the state. */
  readonly index: number;
  readonly quantity: string;
  readonly unit: string;
  readonly sign: string;
  /** Of the profile or of `--map`; without it the largest number of decimals in the file. */
  readonly scale?: number;
};

/** A column that is no channel. */
export type LeftOutColumn = {
  readonly column: string;
  readonly index: number;
  /** `text` and `empty` were found in the first rows: a number further down is refused. */
  readonly reason: 'ignored' | 'text' | 'empty' | 'not of the preset';
};

/** Where the time of a row stands. */
export type TimeSource =
  | { readonly in: 'cells'; readonly column: string; readonly indices: readonly number[] }
  /** Rows are hours, one after the other, and name the hour of the day from 1 to 24. */
  | { readonly in: 'hours'; readonly column: string; readonly index: number; readonly startMs: number };

/** How a file is read, decided from its beginning and the options before any row is. */
export type Plan = {
  readonly file: string;
  readonly size: number;
  readonly preset: string;
  readonly cutting: Cutting;
  /** Line of the header. */
  readonly headerRow: number;
  readonly header: readonly string[];
  readonly time: TimeSource;
  readonly zone?: Zone;
  readonly dateFormat?: { readonly text: string; readonly read: DateFormat };
  readonly numbers: NumberForm;
  readonly channels: readonly PlannedChannel[];
  readonly leftOut: readonly LeftOutColumn[];
  /** Cell that names the entity, where each row is a reading of one. */
  readonly entity?: number;
  /** Entities that `--map` leaves out. */
  readonly ignoredEntities: ReadonlySet<string>;
  readonly round: boolean;
  readonly skipInvalid: boolean;
  readonly isEnrolled: boolean;
};
