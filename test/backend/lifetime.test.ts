import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLifetime } from '../../backend/lifetime.ts';
import { testLogger } from '../setup/postgres.ts';

describe('parts are stopped', () => {
  const stopped: string[] = [];
  const partOf =
    (name: string, outcome: () => Promise<void> = () => Promise.resolve()) =>
    async (): Promise<void> => {
      stopped.push(name);
      await outcome();
    };

  it('in the opposite order, once, whichever fails or never ends', async () => {
    const lifetime = createLifetime(testLogger, 20);
    lifetime.own(
      'database',
      partOf('database', () => sleep(60).then(() => void stopped.push('all written'))),
      { endsByItself: true },
    );
    lifetime.own(
      'chain',
      partOf('chain', () => Promise.reject(new Error('its disk is gone'))),
    );
    lifetime.own(
      'worker',
      partOf('worker', () => new Promise(() => undefined)),
    );
    lifetime.own('server', partOf('server'));
    await Promise.all([lifetime.end(), lifetime.end()]);
    assert.deepEqual(stopped, ['server', 'worker', 'chain', 'database', 'all written']);
  });
});
