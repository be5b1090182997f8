import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocksOf, decodeColumnar, decodeIngestBody, toHex, type Reading } from '@gridseal/protocol';
import { deviceKeyFrom, randomPrivateKey } from '@gridseal/sdk';
import { createReporter } from '../../edge/gateway/reporter.ts';
import { runGateway } from '../../edge/gateway/run.ts';
import { openStation } from '../../edge/gateway/station.ts';
import { openJournal, type Journal } from '../../edge/readers/journal.ts';
import { openSpool } from '../../edge/spool/spool.ts';
import { TEST_NOW, TEST_PROFILE, testDomain } from '../setup/devices.ts';
import { testOperator } from '../setup/operator.ts';
import { createTestFolder } from '../setup/postgres.ts';

const READINGS: readonly Reading[] = Array.from({ length: 6 }, (_, i) => ({
  timeMs: BigInt(1_000 * i),
  channel: 1 + (i % 2),
  quality: 0,
  value: BigInt(i),
}));
const KILLED = () => Promise.reject(new Error('killed'));
const key = deviceKeyFrom('p256', randomPrivateKey('p256'));

for (const { when, broken } of [
  { when: 'before it noted what it signs', broken: { willSign: KILLED } },
  { when: 'after it signed, before it noted so', broken: { forget: KILLED } },
  { when: 'at no time', broken: {} },
] satisfies { when: string; broken: Partial<Journal> }[]) {
  test(`a gateway killed ${when} has every reading signed once after the next start`, async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    const run = async (faults: Partial<Journal>): Promise<void> => {
      const randomKey = () => new Uint8Array(randomBytes(32));
      const station = await openStation({
        key,
        identity: key.firstIdentity,
        domain: testDomain,
        operator: testOperator,
        profile: TEST_PROFILE,
        folder: folder.path,
        forward: () => Promise.reject(new Error('nothing is sent here')),
        now: () => TEST_NOW,
        randomKey,
      });
      const journal = await openJournal(folder.path, station.next());
      if (station.next().sequence === 0n) await journal.append(READINGS);
      const reader = { read: () => Promise.resolve(journal.waiting()), ...journal, ...faults };
      const stopping = new AbortController();
      setImmediate(() => stopping.abort());
      try {
        await runGateway({
          stations: [
            {
              name: 'a meter',
              reader,
              reporter: createReporter({ station, folder: folder.path, randomKey }),
              station: { ...station, flush: () => Promise.resolve([]) },
            },
          ],
          batchMs: 10_000,
          sampleMs: 1,
          signal: stopping.signal,
          now: () => TEST_NOW,
          events: {},
        });
      } finally {
        await journal.close();
      }
    };
    if (Object.keys(broken).length > 0) await assert.rejects(run(broken), /killed/u);
    await run({});
    await run({});
    const spool = await openSpool(join(folder.path, 'spool'));
    const batches = await spool.read(spool.waiting());
    const signed = batches.flatMap(({ item }) => decodeIngestBody(item)).map(({ columnar }) => columnar);
    const expected = blocksOf(READINGS.toSorted((a, b) => a.channel - b.channel));
    assert.deepEqual(signed.map(decodeColumnar).map(toHex), [toHex(expected)]);
  });
}
