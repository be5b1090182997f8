import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUALITY, type DisclosedReading } from '@gridseal/protocol';
import { printable } from '../../../cli/terminal/printable.ts';
import { printReadings } from '../../../cli/verdict/print-reading.ts';

const reading: DisclosedReading = {
  timeMs: 1_470_049_200_000n,
  channel: 1,
  quality: QUALITY.estimated | QUALITY.simulated,
  value: 76_443_330n,
  meaning: { channel: 1, quantity: 'active-energy-import', scale: -8, sign: '+ = consumed', unit: 'kWh' },
};

const linesOf = (readings: readonly DisclosedReading[]): string[] => {
  const lines: string[] = [];
  printReadings({ line: (text = '') => void lines.push(text) }, readings);
  return lines;
};

describe('a disclosed reading', () => {
  it('is printed in its unit, with its sign convention and its quality', () => {
    assert.equal(
      linesOf([reading])[1],
      '    2016-08-01T11:00:00Z  active-energy-import  0.76443330  kWh (+ = consumed)  estimated, simulated',
    );
  });

  it('of a channel that the profile does not name stays a bare number', () => {
    const [, line] = linesOf([{ ...reading, quality: 0, meaning: undefined }]);
    assert.equal(line, '    2016-08-01T11:00:00Z  channel 1  76443330  (its unit is not known)');
  });

  it('aligns amounts, and counts those beyond the first ten', () => {
    const lines = linesOf(Array.from({ length: 12 }, (_, i) => ({ ...reading, value: 10n ** BigInt(i) })));
    assert.equal(lines.length, 12);
    assert.equal(new Set(lines.slice(1, 11).map((line) => line.indexOf('kWh'))).size, 1);
    assert.equal(lines.at(-1), '    and 2 more');
  });
});

describe("an author's text", () => {
  it('cannot steer the terminal', () => {
    assert.equal(printable('k\u001b[2JWh\r\u202e'), 'k\\u{1b}[2JWh\\u{d}\\u{202e}');
    assert.equal(printable('kWh µ 千瓦时'), 'kWh µ 千瓦时');
  });
});
