import { join } from 'node:path';
import {
  formatRawSeries,
  rawRootOf,
  summariesOf,
  toHex,
  type Hex,
  type RawSeries,
  type Reading,
} from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import {
  addFigures,
  reportOnChange,
  type ReductionFigures,
  type ReportRule,
} from '../reduction/report-on-change.ts';
import { byChannelAndTime } from './reading-order.ts';
import type { Station } from './station.ts';

/** What became of the readings of one batch. */
export type Reported = {
  readonly digest: Hex;
  readonly read: number;
  /** Measured readings in the batch; its summaries are not counted. */
  readonly kept: number;
};

/** Makes batches of what was measured, whole or reduced. */
export type Reporter = {
  /** @param measured readings of one batch in any order; of one channel no two of one time */
  readonly report: (measured: readonly Reading[]) => Promise<Reported>;
  /** Of all batches so far; `undefined` where nothing is reduced. */
  readonly figures: () => ReductionFigures | undefined;
};

/**
 * A reporter. With a rule, a batch holds what the rule keeps, summaries of everything measured and the root over it, all under
 * one signature. Each batch stands on its own: it begins with the first reading of every channel. What was measured is on
 * disk, as `FOLDER/raw/ROOT.json`, before the batch is signed; nobody removes it but whoever owns it.
 *
 * @param randomKey makes 32 random bytes
 */
export const createReporter = (options: {
  readonly station: Pick<Station, 'report'>;
  readonly rule?: ReportRule | undefined;
  readonly folder: string;
  readonly randomKey: () => Uint8Array;
}): Reporter => {
  const { station, rule, folder, randomKey } = options;
  let total: ReductionFigures | undefined;

  const reduced = async (measured: readonly Reading[], by: ReportRule): Promise<Reported> => {
    const series: RawSeries = { readings: measured.toSorted(byChannelAndTime), key: randomKey() };
    const rawRoot = rawRootOf(series);
    const { kept, figures } = reportOnChange(series.readings, by);
    const readings = [...kept, ...summariesOf(series.readings, rawRoot)];
    await writeDurableFile(join(folder, 'raw', `${toHex(rawRoot)}.json`), formatRawSeries(series));
    const digest = await station.report(readings);
    total = total === undefined ? figures : addFigures(total, figures);
    return { digest, read: measured.length, kept: kept.length };
  };

  return {
    report: async (measured) => {
      if (rule !== undefined) return reduced(measured, rule);
      const digest = await station.report(measured);
      return { digest, read: measured.length, kept: measured.length };
    },
    figures: () => total,
  };
};
