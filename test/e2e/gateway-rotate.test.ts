import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createGridsealClient, listKeys } from '@gridseal/sdk';
import { EXIT } from '../../cli/exit-codes.ts';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

describe('a key that is replaced by another', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let folder: string;

  before(async () => {
    const database = await createTestDatabase();
    closing.push(database.close);
    const temporary = await createTestFolder();
    closing.push(temporary.remove);
    folder = temporary.path;
    service = await startService({
      dataDir: join(folder, 'service'),
      env: { DATABASE_URL: database.url, RPC_PORT: '0', MQTT_PORT: '0', LOG_LEVEL: 'warn' },
    });
    closing.push(service.stop);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const file = (name: string): string => join(folder, name);
  const device = (name: string, ...args: string[]): Promise<CommandRun> =>
    gridseal('device', name, ...args, '--url', service.url);
  const succeeded = (run: CommandRun): string => {
    assert.equal(run.code, 0, run.stdout + run.stderr);
    return run.stdout;
  };
  const identityOf = async (name: string): Promise<`0x${string}`> =>
    (JSON.parse(await readFile(file(name), 'utf8')) as { identity: `0x${string}` }).identity;
  const validKeys = async (name: string): Promise<readonly string[]> => {
    const keys = await listKeys(createGridsealClient({ url: service.url }), {
      identity: await identityOf(name),
    });
    return keys.filter(({ status }) => status !== 'revoked').map(({ keyId }) => keyId);
  };

  it('with the node away and back is replaced once, and goes on with the numbers of its chain [A7]', async () => {
    const [old, next, csv] = [file('meter.json'), file('meter-2.json'), file('day.csv')];
    await writeFile(csv, 'time,power [W]\n2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00Z,2\n');
    succeeded(await device('create', old, '--algorithm', 'secp256k1'));
    succeeded(await device('enrol', old, '--csv', csv, '--rpc', service.rpcUrl));
    succeeded(await device('send', old, csv));
    const before = await validKeys('meter.json');
    assert.equal(before.length, 1);
    const owned = ['--csv', csv, '--owner-key', old];

    const away = await device('rotate', old, next, ...owned, '--rpc', 'http://127.0.0.1:1');
    assert.equal(away.code, EXIT.failed, away.stdout);
    assert.deepEqual(await validKeys('meter.json'), before, 'nothing was changed');

    succeeded(await device('rotate', old, next, ...owned, '--rpc', service.rpcUrl));
    const now = await validKeys('meter.json');
    assert.equal(now.length, 1);
    assert.notDeepEqual(now, before);
    const keyId = (JSON.parse(await readFile(next, 'utf8')) as { keyId: string }).keyId;
    assert.deepEqual(now, [keyId]);

    await writeFile(csv, 'time,power [W]\n2026-01-02T00:00:00Z,3\n2026-01-02T01:00:00Z,4\n');
    const stale = await device('send', old, csv);
    assert.equal(stale.code, EXIT.failed, stale.stdout);
    assert.match(succeeded(await device('send', next, csv)), /2 readings of 2 rows/u);
    const answer = await fetch(
      `${service.url}/v1/statements?author=${await identityOf('meter-2.json')}&kind=Equivocation`,
    );
    assert.deepEqual(
      ((await answer.json()) as { statements: unknown[] }).statements,
      [],
      'nobody is accused',
    );
    const twice = await device('rotate', old, next, ...owned, '--rpc', service.rpcUrl);
    assert.equal(twice.code, EXIT.usage, twice.stdout);
    assert.deepEqual(await validKeys('meter.json'), now);
  });
});
