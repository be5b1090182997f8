import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatProfile,
  MAX_PROFILE_LENGTH,
  parseProfile,
  type Profile,
  type ProfileChannel,
} from '../../../protocol/src/index.ts';
import { u32 } from '../arbitraries.ts';

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((candidate) => candidate.isWellFormed());
const profiles: fc.Arbitrary<Profile> = fc
  .uniqueArray(
    fc.record(
      {
        channel: u32,
        quantity: fc.constantFrom('active-power', 'state-of-charge', 'energy'),
        scale: fc.integer({ min: -18, max: 18 }),
        sign: text,
        unit: text,
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, selector: ({ channel }) => channel },
  )
  .map((channels) => ({
    format: 'gridseal-profile/1',
    channels: channels.sort((a, b) => a.channel - b.channel),
  }));

describe('profile', () => {
  it('is read from the document it writes', () => {
    fc.assert(
      fc.property(profiles, (profile) => assert.deepEqual(parseProfile(formatProfile(profile)), profile)),
    );
  });

  it('has no document longer than readers take', () => {
    const channels = Array.from({ length: 1000 }, (_, channel): ProfileChannel => ({
      channel,
      quantity: 'energy',
      scale: 0,
      sign: '+ = import',
      unit: 'Wh',
    }));
    assert.throws(() => formatProfile({ format: 'gridseal-profile/1', channels }), {
      code: 'TooLong',
      expected: MAX_PROFILE_LENGTH,
    });
  });
});
