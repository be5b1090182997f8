import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { demoTelemetry, simulatedDay } from '../../scripts/demo/telemetry.ts';
import { createTestFolder } from '../setup/postgres.ts';

const quarters = (count: number): string => {
  const rows = Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2026, 5, 1, 0, 15 * i)).toISOString();
    return `${time},${((i - 12) * 1.25).toFixed(2)}`;
  });
  return `time,active-power [kW]\n${rows.join('\n')}\n`;
};

describe('the day that the demo sends', () => {
  it('is all of a file that is no longer, and of a longer one it says what is left out', async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    const csv = join(folder.path, 'two-days.csv');
    await writeFile(csv, quarters(100));
    const day = await demoTelemetry(csv);
    assert.equal(day.readings.length, 96);
    assert.match(day.leftOut ?? '', /^4 readings from 2026-06-02T00:00:00Z on/u);
    assert.equal((await demoTelemetry(csv, 100)).readings.length, 100);
  });

  it('is one that a person knows: no sun at night, a battery that charges by day and feeds in at night', async () => {
    const powers = async (station: string): Promise<readonly bigint[]> =>
      (await simulatedDay(station)).readings.filter(({ channel }) => channel === 1).map(({ value }) => value);
    const sun = await powers('pv-harbour');
    assert.equal(sun.length, 1_440);
    assert.ok(
      sun.slice(0, 4 * 60).every((watts) => watts === 0n),
      'sun between midnight and four',
    );
    assert.ok(
      sun.slice(11 * 60, 13 * 60).every((watts) => watts > 10_000n),
      'no sun at noon',
    );
    const battery = await powers('battery-depot');
    assert.ok(
      battery.slice(10 * 60, 12 * 60).some((watts) => watts < 0n),
      'no charge in the morning',
    );
    assert.ok(
      battery.slice(15 * 60, 22 * 60).some((watts) => watts > 0n),
      'no discharge in the evening',
    );
    const { profile } = await simulatedDay('battery-depot');
    assert.deepEqual(
      profile.channels.map(({ unit, sign }) => [unit, sign]),
      [
        ['kW', '+ = discharging into the grid, charging is negative'],
        ['%', '0 = empty, 100 = full'],
      ],
    );
  });
});
