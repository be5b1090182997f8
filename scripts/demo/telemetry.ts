import type { Profile, Reading } from '@gridseal/protocol';
import { asProfile } from '../../edge/gateway/enrol.ts';
import { batchesOf } from '../../edge/readers/batches.ts';
import { readTelemetryFile } from '../../edge/readers/csv.ts';
import type { FileOptions } from '../../edge/readers/file-options.ts';
import { ALLIANCE_ZONE, profileOfStation, simulatedMeter } from '../../edge/simulation/alliance.ts';

/** A day of telemetry of one station, cut into batches of an hour of device time. */
export type DemoTelemetry = {
  /** Where it comes from, in words. */
  readonly title: string;
  /** What of the file is not sent, in words; undefined when all is. */
  readonly leftOut: string | undefined;
  readonly profile: Profile;
  readonly readings: readonly Reading[];
  readonly batches: readonly (readonly Reading[])[];
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Midnight at the beginning of 21 June 2026 where the simulated stations are. */
const SIMULATED_DAY = Date.UTC(2026, 5, 21) - ALLIANCE_ZONE.offsetMs;

const utc = (timeMs: bigint): string => new Date(Number(timeMs)).toISOString().replace('.000Z', 'Z');

/** The first day of a file, or its first `rows` rows; what is not sent is said. */
const fileTelemetry = async (
  csv: string,
  rows: number | undefined,
  options: FileOptions,
): Promise<DemoTelemetry> => {
  const range = rows === undefined ? {} : { rows: { from: 0, to: rows } };
  const telemetry = await readTelemetryFile(csv, { ...options, ...range });
  const first = telemetry.readings[0]?.timeMs ?? 0n;
  const end = first + BigInt(DAY_MS);
  const readings =
    rows === undefined ? telemetry.readings.filter(({ timeMs }) => timeMs < end) : telemetry.readings;
  const later = telemetry.readings.length - readings.length;
  const said = [
    ...(later > 0 ? [`${later} readings from ${utc(end)} on: one day is sent (--rows N sends N rows)`] : []),
    ...(rows === undefined ? [] : [`rows after the first ${rows}, as --rows says`]),
    ...(telemetry.leftOutRows > 0 ? [`${telemetry.leftOutRows} rows that cannot be read`] : []),
    ...(telemetry.emptyCells > 0 ? [`${telemetry.emptyCells} cells without a value`] : []),
  ];
  return {
    title: `${csv} (${telemetry.layout}), ${utc(first)} to ${utc(readings.at(-1)?.timeMs ?? first)}`,
    leftOut: said.length === 0 ? undefined : said.join('; '),
    profile: telemetry.profile,
    readings,
    batches: batchesOf(readings, HOUR_MS),
  };
};

/** A June day of a simulated station, a reading a minute. */
export const simulatedDay = async (station: string): Promise<DemoTelemetry> => {
  const readings = await simulatedMeter(station).read({
    fromMs: SIMULATED_DAY,
    toMs: SIMULATED_DAY + DAY_MS,
    everyMs: 60_000,
  });
  return {
    title: station,
    leftOut: undefined,
    profile: asProfile(profileOfStation(station)),
    readings,
    batches: batchesOf(readings, HOUR_MS),
  };
};

/**
 * A day of a file, or a simulated day of a battery.
 *
 * @param rows so many rows of the file instead of its first day
 * @throws FileError
 */
export const demoTelemetry = (
  csv: string | undefined,
  rows?: number,
  options: FileOptions = {},
): Promise<DemoTelemetry> =>
  csv === undefined ? simulatedDay('battery-depot') : fileTelemetry(csv, rows, options);
