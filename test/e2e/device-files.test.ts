import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

type Sent = { readonly readings: number; readonly digests: readonly string[]; readonly leftOutRows: number };

const rows = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
const at = (minute: number): string => new Date(Date.UTC(2026, 5, 1, 0, minute)).toISOString();

describe('a device that sends files', () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let service: RunningService;

  const file = (name: string): string => join(folder.path, name);
  const device = (...args: readonly string[]): Promise<CommandRun> =>
    gridseal('device', '--url', service.url, '--rpc', service.rpcUrl, ...args);
  const send = (key: string, ...args: readonly string[]): Promise<CommandRun> =>
    device('send', file(key), ...args, '--json');
  const enrolled = async (key: string, csv: string, ...args: readonly string[]): Promise<void> => {
    await device('create', file(key), '--algorithm', 'secp256k1');
    const run = await device('enrol', file(key), '--csv', csv, ...args);
    assert.equal(run.code, 0, run.stderr);
  };
  /** What a key has signed so far. */
  const signed = async (key: string): Promise<string> =>
    readFile(join(`${file(key)}.spool`, 'head.json'), 'utf8').catch(() => 'nothing');
  const sent = (run: CommandRun): Sent => {
    assert.equal(run.code, 0, `${run.stdout}\n${run.stderr}`);
    return JSON.parse(run.stdout) as Sent;
  };

  before(async () => {
    folder = await createTestFolder();
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: { RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'warn', ANCHOR_INTERVAL_MS: '500' },
    });
  });
  after(async () => {
    await service.stop();
    await folder.remove();
  });

  it('holds every file against the profile of the enrolment, and signs none that it cannot hold [A9]', async () => {
    await writeFile(file('whole.csv'), rows('time,power [W]', `${at(0)},100`));
    await writeFile(file('finer.csv'), rows('time,power [W]', `${at(1)},100`, `${at(2)},100.5`));
    await writeFile(file('other.csv'), rows('time,power [kW]', `${at(3)},1`));
    await writeFile(file('more.csv'), rows('time,power [W],voltage [V]', `${at(4)},1,230`));
    await enrolled('whole.key.json', file('whole.csv'));
    assert.equal(sent(await send('whole.key.json', file('whole.csv'))).digests.length, 1);
    const before = await signed('whole.key.json');
    const finer = await send('whole.key.json', file('finer.csv'));
    assert.equal(finer.code, 4);
    assert.match(finer.stderr, /row 3, column "power \[W\]".*"100\.5" is finer than the scale 0.*enrolled/u);
    const other = await send('whole.key.json', file('other.csv'));
    assert.match(other.stderr, /in kW here and in W in the enrolment/u);
    const more = await send('whole.key.json', file('more.csv'));
    assert.match(more.stderr, /voltage is no channel of the enrolment/u);
    assert.equal(await signed('whole.key.json'), before);
    const rounded = sent(await send('whole.key.json', file('finer.csv'), '--round'));
    assert.equal(rounded.readings, 2);
  });

  it('takes a file with fewer decimals than that of the enrolment, at its scale [A9]', async () => {
    await writeFile(file('fine.csv'), rows('time,power [W]', `${at(0)},500.5`));
    await writeFile(file('coarse.csv'), rows('time,power [W]', `${at(1)},500`));
    await enrolled('fine.key.json', file('fine.csv'));
    sent(await send('fine.key.json', file('fine.csv')));
    assert.equal(sent(await send('fine.key.json', file('coarse.csv'))).readings, 1);
  });

  it('signs nothing of a file with a repeated time, and names row, time and what to do [B4]', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `${at(i)},${i}`);
    await writeFile(file('day.csv'), rows('time,power [W]', ...lines));
    await writeFile(file('twice.csv'), rows('time,power [W]', ...lines, `${at(299)},7`));
    await enrolled('twice.key.json', file('day.csv'));
    const refused = await send('twice.key.json', file('twice.csv'));
    assert.equal(refused.code, 4);
    assert.match(
      refused.stderr,
      /row 302: 2026-06-01T04:59:00\.000Z is the time of row 301 too; .*--skip-invalid/u,
    );
    assert.equal(await signed('twice.key.json'), 'nothing');
    const kept = sent(await send('twice.key.json', file('twice.csv'), '--skip-invalid'));
    assert.deepEqual([kept.readings, kept.leftOutRows], [300, 1]);
    const [side = ''] = await readdir(join(`${file('twice.key.json')}.spool`, 'left-out'));
    const told = await readFile(join(`${file('twice.key.json')}.spool`, 'left-out', side), 'utf8');
    assert.match(told, /"row":302,"code":"repeated-time".*"7"/u);
  });

  it('reads the next file as that of the enrolment was read', async () => {
    const [first, second] = [
      'Zeit;Leistung\n01.06.2026 10:00;1,5\n',
      'Zeit;Leistung\n01.06.2026 10:15;2,5\n',
    ];
    await writeFile(file('erste.csv'), first);
    await writeFile(file('zweite.csv'), second);
    const how = [
      '--map',
      'Leistung=active-power:kW',
      '--timezone',
      'Europe/Berlin',
      '--date-format',
      'dd.MM.yyyy HH:mm',
    ];
    await enrolled('zeit.key.json', file('erste.csv'), ...how);
    assert.equal(sent(await send('zeit.key.json', file('zweite.csv'))).readings, 1);
    const run = await device('check', file('zweite.csv'), '--key', file('zeit.key.json'), '--json');
    assert.match(run.stdout, /"utc": "2026-06-01T08:15:00Z"/u);
  });
});
