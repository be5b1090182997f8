import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDeadBand } from '../../../edge/reduction/dead-band.ts';

test('an amount is exact in the scale of its channel, never above what was written [B6]', () => {
  const channel = { quantity: 'active-power', sign: '+', unit: 'kW' };
  const profile = {
    format: 'gridseal-profile/1',
    channels: [
      { ...channel, channel: 1, scale: -2 },
      { ...channel, channel: 2, scale: 0 },
    ],
  } as const;
  // 0.29 × 100 is 28.999… in floats.
  assert.deepEqual(parseDeadBand('0.29', profile)?.(1), { kind: 'amount', amount: 29n });
  assert.deepEqual(parseDeadBand('1.99', profile)?.(2), { kind: 'amount', amount: 1n });
  assert.equal(parseDeadBand('0x1F', profile), undefined);
});
