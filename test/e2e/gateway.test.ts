import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  rawRootIn,
  readingsFromJson,
  summaryOf,
  toHex,
  type Hex,
  type ReadingJson,
} from '@gridseal/protocol';
import { createGridsealClient, disclose, untilArchived } from '@gridseal/sdk';
import { root } from '../../scripts/paths.ts';
import { createTestDatabase, createTestFolder } from '../setup/postgres.ts';
import { startService, type RunningService } from '../setup/service.ts';

type Sent = {
  readonly readings: number;
  readonly digests: readonly string[];
  readonly refused: readonly string[];
  readonly signedBefore: number;
  readonly reduction?: { readonly read: number; readonly kept: number; readonly ratio: number };
};

const REDUCED = ['--again', '--dead-band', '0.02', '--heartbeat', '1800'];

/** A day of minutes: a load that steps every quarter of an hour and trembles by less than 20 W in between. */
const telemetry = (): string => {
  const rows = Array.from({ length: 1_440 }, (_, minute) => {
    const time = new Date(Date.UTC(2026, 10, 20, 0, minute)).toISOString();
    return `${time},${(2 + Math.floor(minute / 15) * 0.1 + (minute % 7) * 0.003).toFixed(3)}`;
  });
  return `time,load [kW]\n${rows.join('\n')}\n`;
};

describe('a gateway that sends a file', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let service: RunningService;
  let folder: string;
  let key: string;
  let csv: string;

  before(async () => {
    const database = await createTestDatabase();
    closing.push(database.close);
    const temporary = await createTestFolder();
    closing.push(temporary.remove);
    folder = temporary.path;
    service = await startService({
      dataDir: join(folder, 'service'),
      env: {
        DATABASE_URL: database.url,
        RPC_PORT: '0',
        MQTT_PORT: '0',
        ANCHOR_INTERVAL_MS: '500',
        LOG_LEVEL: 'warn',
      },
    });
    closing.push(service.stop);
    [key, csv] = [join(folder, 'meter.key.json'), join(folder, 'load.csv')];
    await writeFile(csv, telemetry());
    await gridseal('device', 'create', key, '--algorithm', 'secp256k1');
    await gridseal('device', 'enrol', key, '--csv', csv, '--url', service.url, '--rpc', service.rpcUrl);
  });
  after(async () => {
    for (const close of closing.toReversed()) await close();
  });

  const gridseal = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const command = [join(root, 'cli/main.ts'), ...args];
      execFile(process.execPath, command, { timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stdout}${stderr}`));
      });
    });
  const send = async (...args: string[]): Promise<Sent> =>
    JSON.parse(await gridseal('device', 'send', key, csv, '--json', '--url', service.url, ...args)) as Sent;

  it('sends everything over HTTP, and leaves nothing in the spool', async () => {
    const sent = await send();
    assert.deepEqual([sent.readings, sent.digests.length, sent.refused], [1_440, 24, []]);
    const { below } = JSON.parse(await readFile(join(`${key}.spool`, 'spool', 'done.json'), 'utf8')) as {
      below: string;
    };
    assert.equal(below, '24');
  });

  it('signs no reading of a file twice, whichever part was sent before and however it is cut', async () => {
    const rows = telemetry().trimEnd().split('\n');
    const figuresOf = ({ digests, readings, signedBefore }: Sent) => [digests.length, readings, signedBefore];
    assert.deepEqual(figuresOf(await send('--hours', '5')), [0, 0, 1_440]);
    for (const [minutes, batches, fresh] of [
      [90, 2, 90],
      [100, 1, 10],
      [130, 2, 30],
    ] as const) {
      const next = Array.from({ length: minutes }, (_, minute) => {
        const time = new Date(Date.UTC(2026, 10, 21, 0, minute)).toISOString();
        return `${time},${minute}.5`;
      });
      await writeFile(csv, [...rows, ...next].join('\n'));
      assert.deepEqual(figuresOf(await send()), [batches, fresh, 1_440 + minutes - fresh]);
    }
    await writeFile(csv, rows.join('\n'));
    await assert.rejects(send('--hours', 'some'), /--hours some: expected hours/u);
  });

  it('sends on change over MQTT, goes on where the chain stopped, and says what the reduction costs', async () => {
    const { mqttUrl } = service.places as unknown as { mqttUrl: string };
    const flags = ['--mqtt', mqttUrl, ...REDUCED];
    const { readings, reduction, refused } = await send(...flags);
    assert.deepEqual(refused, []);
    assert.ok(reduction?.kept === readings && reduction.ratio > 10, JSON.stringify(reduction));
    const text = await gridseal('device', 'send', key, csv, '--url', service.url, ...flags);
    assert.match(text, /load: 0\.018 kW \(root mean square 0\.\d+ kW\)/u);
    assert.equal(
      (await readdir(join(`${key}.spool`, 'spool'))).filter((name) => name.endsWith('.spool')).length,
      1,
    );
  });

  it('signs the root of what was measured beside the summaries, so that the raw series can be shown later', async () => {
    const { digests } = await send(...REDUCED);
    const [digest, other] = digests as readonly [Hex, Hex];
    const token = (await readFile(join(folder, 'service', 'keys', 'api.token'), 'utf8')).trim();
    const authorization = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${service.url}/v1/readings/${digest}`, { headers: authorization });
    const { readings } = (await answer.json()) as { readings: readonly ReadingJson[] };
    const indices = readings.flatMap(({ channel }, i) => (summaryOf(channel) === undefined ? [] : [i]));
    const stated = new Map(
      indices.map((i) => [JSON.stringify(summaryOf(readings[i]!.channel)), readings[i]!.value]),
    );
    assert.equal(stated.get('{"kind":"readings","of":1}'), '60');
    assert.ok(readings.length < 20, `${readings.length} readings of 60`);

    const client = createGridsealClient({ url: service.url });
    const bundle = join(folder, 'reduced.bundle.json');
    await writeFile(bundle, await untilArchived(() => disclose(client, { digest, indices, token })));
    const trust = join(folder, 'trust.json');
    await writeFile(trust, await (await fetch(`${service.url}/v1/trust`)).text());
    const rawFile = (root: Uint8Array): string => join(`${key}.spool`, 'raw', `${toHex(root)}.json`);
    const rawOf = async (of: Hex): Promise<string> => {
      const all = await fetch(`${service.url}/v1/readings/${of}`, { headers: authorization });
      return rawFile(rawRootIn(readingsFromJson(((await all.json()) as { readings: unknown }).readings))!);
    };
    const verified = (raw: string) =>
      gridseal('verify', bundle, '--trust', trust, '--raw', raw, '--json', '--rpc', service.rpcUrl);
    const verdict = JSON.parse(await verified(await rawOf(digest))) as { raw: { readings: number } };
    assert.equal(verdict.raw.readings, 60);
    await assert.rejects(verified(await rawOf(other)), /is not the raw series of this batch: rawRoot/u);
  });

  it('says what is wrong with a dead band, and with a broker that is not there', async () => {
    await assert.rejects(send('--dead-band', 'much'), /expected a share, as 1\.5%, or an amount/u);
    await assert.rejects(send('--mqtt', 'mqtt://127.0.0.1:1'), /the broker did not let us in/u);
  });
});
