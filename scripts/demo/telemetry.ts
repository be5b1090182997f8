import type { Profile, Reading } from '@gridseal/protocol';
import { asProfile } from '../../edge/gateway/enrol.ts';
import { batchesOf } from '../../edge/readers/batches.ts';
import { readTelemetryFile } from '../../edge/readers/csv.ts';
import { simulatedMeter } from '../../edge/simulation/alliance.ts';
import { SIMULATED_PROFILE } from '../../edge/simulation/profile.ts';

/** A day of telemetry, cut into batches of an hour of device time. */
export type DemoTelemetry = {
  readonly title: string;
  readonly profile: Profile;
  readonly readings: readonly Reading[];
  readonly batches: readonly (readonly Reading[])[];
};

const HOUR_MS = 3_600_000;
const SIMULATED_DAY = Date.UTC(2026, 5, 21);

/** The first rows of a file, or a simulated day of a battery, a reading a minute. */
export const demoTelemetry = async (csv: string | undefined, rows: number): Promise<DemoTelemetry> => {
  if (csv !== undefined) {
    const telemetry = await readTelemetryFile(csv, { rows: { from: 0, to: rows } });
    return {
      title: `${csv} (${telemetry.layout}, ${telemetry.rows} rows)`,
      profile: telemetry.profile,
      readings: telemetry.readings,
      batches: batchesOf(telemetry.readings, HOUR_MS),
    };
  }
  const readings = await simulatedMeter('battery-depot').read({
    fromMs: SIMULATED_DAY,
    toMs: SIMULATED_DAY + 24 * HOUR_MS,
    everyMs: 60_000,
  });
  return {
    title: 'A simulated day of a battery',
    profile: asProfile(SIMULATED_PROFILE),
    readings,
    batches: batchesOf(readings, HOUR_MS),
  };
};
