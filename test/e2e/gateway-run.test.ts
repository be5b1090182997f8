import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aedes } from 'aedes';
import { EXIT } from '../../cli/exit-codes.ts';
import { root } from '../../scripts/paths.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

const METER = {
  format: 'gridseal-meter/1',
  channels: [
    {
      channel: 1,
      quantity: 'active-power',
      scale: -1,
      sign: '+ = consumed',
      unit: 'W',
      topic: 'meter/7',
      value: '/apower',
      time: '/ts',
    },
    { channel: 2, quantity: 'voltage', scale: -1, sign: '+', unit: 'V', topic: 'meter/7/voltage' },
  ],
};
const START_S = 1_763_683_200;

/** A broker as it stands in a building, which keeps sessions. */
const startMetersBroker = async () => {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish: (topic: string, payload: string) =>
      new Promise<void>((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false } as const;
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        aedes.close(() => server.close(() => resolve()));
      }),
  };
};

describe('a gateway that reads a meter over a broker', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let broker: Awaited<ReturnType<typeof startMetersBroker>>;
  let key: string;
  let meter: string;

  before(async () => {
    const database = await createTestDatabase();
    closing.push(database.close);
    const folder = await createTestFolder();
    closing.push(folder.remove);
    broker = await startMetersBroker();
    closing.push(broker.stop);
    service = await startService({
      dataDir: join(folder.path, 'service'),
      env: { DATABASE_URL: database.url, RPC_PORT: '0', LOG_LEVEL: 'warn' },
    });
    closing.push(service.stop);
    [key, meter] = [join(folder.path, 'meter.key.json'), join(folder.path, 'meter.json')];
    await writeFile(meter, JSON.stringify(METER));
    await ended(gridseal('create', key, '--algorithm', 'secp256k1'), 0);
    const places = ['--url', service.url, '--rpc', service.rpcUrl];
    await ended(gridseal('enrol', key, '--meter', meter, ...places), 0);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  type Command = { readonly process: ChildProcess; readonly output: () => string };
  const gridseal = (...args: string[]): Command => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), 'device', ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    return { process: child, output: () => output };
  };
  const ended = async ({ process: child, output }: Command, code: number): Promise<string> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    assert.equal(child.exitCode, code, output());
    return output();
  };
  const run = (...args: string[]): Command => {
    const flags = ['--source', broker.url, '--every', '0.4', '--url', service.url, ...args];
    return gridseal('run', key, meter, ...flags);
  };
  const within = async (holds: () => Promise<boolean>, explain = () => 'not so in time'): Promise<void> => {
    for (let waited = 0; !(await holds()); waited += 1) {
      assert.ok(waited < 600, explain());
      await sleep(50);
    }
  };
  const said = ({ output, process: child }: Command, words: RegExp): Promise<void> =>
    within(() => {
      assert.equal(child.exitCode, null, output());
      return Promise.resolve(words.test(output()));
    }, output);
  /** Seconds of the meter, a message each. */
  const measure = async (from: number, to: number): Promise<void> => {
    for (let s = from; s < to; s += 1)
      await broker.publish('meter/7', JSON.stringify({ apower: 100 + (s % 3), ts: START_S + s }));
  };

  it('signs what it hears, sends it on change and, stopped, says what became of it', async () => {
    const gateway = run('--dead-band', '5', '--heartbeat', '60');
    await said(gateway, /source connected/u);
    await measure(0, 30);
    await broker.publish('meter/7', 'offline');
    await said(gateway, /left out: meter\/7: not JSON: offline/u);
    await said(gateway, /readings, \d+ in batch 0x/u);
    gateway.process.kill('SIGINT');
    const output = await ended(gateway, 0);
    assert.match(
      output,
      /^30 readings in (\d+) batches; \1 receipts in .*receipts\.jsonl, 0 batches wait\.$/mu,
    );
    assert.match(output, /^ {2}active-power: [12] W/mu);
  });

  it('killed, loses nothing that the broker has handed over or still holds', async () => {
    // Batches an hour long: what it hears is in the journal only when it is killed.
    const first = run('--every', '3600');
    await said(first, /source connected/u);
    await measure(100, 120);
    await within(async () => (await readFile(`${key}.spool/journal.jsonl`, 'utf8')).split('\n').length > 2);
    first.process.kill('SIGKILL');
    await once(first.process, 'close');
    await measure(120, 130);
    const second = run();
    const signed = () =>
      [...second.output().matchAll(/ (\d+) readings, /gu)].reduce((sum, [, read]) => sum + Number(read), 0);
    await within(() => Promise.resolve(signed() >= 30), second.output);
    second.process.kill('SIGTERM');
    const output = await ended(second, 0);
    assert.match(output, /^30 readings in (\d+) batches; \1 receipts in .*, 0 batches wait\.$/mu);
  });

  it('says what is wrong with a meter file, an interval and a broker that is not there', async () => {
    assert.match(await ended(gridseal('run', key, key, '--source', broker.url), EXIT.usage), /format/u);
    assert.match(await ended(run('--every', 'soon'), EXIT.usage), /--every soon: expected seconds/u);
    const nowhere = gridseal('run', key, meter, '--source', 'mqtt://127.0.0.1:1', '--url', service.url);
    assert.match(await ended(nowhere, EXIT.failed), /the broker did not let us in/u);
  });

  it('keeps batches on disk while the service is away', async () => {
    const gateway = run();
    await said(gateway, /source connected/u);
    await service.stop();
    await broker.publish('meter/7/voltage', '230.4');
    await said(gateway, /1 batches wait: /u);
    gateway.process.kill('SIGINT');
    assert.match(await ended(gateway, 0), /^1 readings in 1 batches; 0 receipts in .*, 1 batches wait\.$/mu);
  });
});
