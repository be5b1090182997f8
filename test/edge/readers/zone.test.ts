import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { zoneOf } from '../../../edge/readers/time/zone.ts';

const MINUTE_MS = 60_000;

describe('zone', () => {
  it('finds every instant that its clocks show, and no other', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'Asia/Shanghai', 'Australia/Lord_Howe', 'UTC'].map(
      zoneOf,
    );
    const minutes = fc.integer({
      min: Date.UTC(2000, 0, 2) / MINUTE_MS,
      max: Date.UTC(2037, 0, 1) / MINUTE_MS,
    });
    fc.assert(
      fc.property(minutes, fc.constantFrom(...zones), (minute, zone) => {
        const instant = minute * MINUTE_MS;
        const found = zone.instantsOf(zone.wallOf(instant));
        assert.ok(found.includes(instant), `${zone.name} ${new Date(instant).toISOString()}`);
        for (const one of found) assert.equal(zone.wallOf(one), zone.wallOf(instant));
      }),
      { numRuns: 2_000 },
    );
  });

  it('has none in the gap and two in the fold, half an hour long on Lord Howe', () => {
    const berlin = zoneOf('Europe/Berlin');
    assert.deepEqual(berlin.instantsOf(Date.UTC(2024, 2, 31, 2, 30)), []);
    assert.deepEqual(berlin.instantsOf(Date.UTC(2024, 9, 27, 2, 30)), [
      Date.UTC(2024, 9, 27, 0, 30),
      Date.UTC(2024, 9, 27, 1, 30),
    ]);
    const island = zoneOf('Australia/Lord_Howe');
    assert.deepEqual(island.instantsOf(Date.UTC(2024, 9, 6, 2, 15)), []);
    assert.equal(island.instantsOf(Date.UTC(2024, 3, 7, 1, 45)).length, 2);
  });

  it('refuses a zone that is not known', () => {
    assert.throws(() => zoneOf('Europe/Nowhere'), RangeError);
  });
});
