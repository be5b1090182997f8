import type { Profile } from '@gridseal/protocol';
import type { FileProblem } from './file-error.ts';
import type { LeftOutColumn, Plan } from './plan.ts';
import type { SeenBytes } from './text/source.ts';
import type { Order } from './timeline.ts';

/** What one channel of a file holds. */
export type ReportedChannel = {
  readonly channel: number;
  readonly column: string;
  readonly quantity: string;
  readonly unit: string;
  readonly scale: number;
  readonly sign: string;
  readonly readings: number;
  /** Cells that say that there is no value. */
  readonly missing: number;
};

/** What a file holds, after all of it was read and nothing signed. */
export type FileReport = {
  readonly file: string;
  readonly seen: SeenBytes;
  readonly plan: Plan;
  readonly channels: readonly ReportedChannel[];
  readonly leftOutColumns: readonly LeftOutColumn[];
  /** Rows of values; totals at the end are not counted. */
  readonly rows: number;
  readonly readings: number;
  readonly missing: number;
  readonly rounded: number;
  readonly totals: readonly number[];
  readonly order: Order;
  /** Rows that would be left out (`--skip-invalid`), and the first reasons. */
  readonly leftOut: { readonly rows: number; readonly reasons: readonly FileProblem[] };
  /** What stands against signing: the first problems and how many there are. */
  readonly problems: readonly FileProblem[];
  readonly problemCount: number;
  /** What a second reading must leave out. */
  readonly excluded: Excluded;
};

/** Rows that are left out for what other rows hold. */
export type Excluded = {
  /** Repetitions, by row. */
  readonly rows: ReadonlySet<number>;
  /** Wall times of folds, see times.ts. */
  readonly folds: ReadonlySet<number>;
};

/** The profile that the channels of a report make. Channels without readings have their place in it too. */
export const profileOf = ({ channels }: Pick<FileReport, 'channels'>): Profile => ({
  format: 'gridseal-profile/1',
  channels: channels
    .map(({ channel, quantity, scale, sign, unit }) => ({ channel, quantity, scale, sign, unit }))
    .toSorted((a, b) => a.channel - b.channel),
});
