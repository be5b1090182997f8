import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { root } from '../../scripts/paths.ts';

describe('starting the service with a mistake in its environment', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridseal-start-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs until it ends by itself; one that would start is ended when it has begun to. */
  const start = async (env: Readonly<Record<string, string>>) => {
    const service = spawn(process.execPath, [join(root, 'backend/main.ts')], {
      env: { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), PORT: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    service.stderr.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('creating the database cluster')) service.kill('SIGKILL');
    });
    const code = await new Promise<number | null>((resolve) => service.once('close', resolve));
    return { code, said };
  };

  for (const variable of ['OPERATOR_KEY_FILE', 'ANCHOR_KEY_FILE', 'OWNER_KEY_FILE', 'NOTE_KEY_FILE'])
    it(`makes no new key where ${variable} names a file that is not there [D7]`, async () => {
      const path = join(folder, 'not-mounted', 'k');
      const { code, said } = await start({ [variable]: path });
      assert.equal(code, 78, said);
      assert.ok(said.includes(`${variable}: names ${path}, which is not there`), said);
    });

  it('names a certificate authority that is not there by its variable [D7]', async () => {
    const { code, said } = await start({
      MQTT_URL: 'mqtts://127.0.0.1:9',
      MQTT_CA_FILE: join(folder, 'ca.pem'),
      // Nothing is started before it is noticed.
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
    });
    assert.equal(code, 78, said);
    assert.match(said, /MQTT_CA_FILE: names .*ca\.pem, which is not there/u);
  });

  it('says which key files are ignored because the keys are those of development', async () => {
    const { code, said } = await start({ KEYS: 'development', NOTE_KEY_FILE: join(folder, 'k') });
    assert.equal(code, 78, said);
    assert.match(said, /NOTE_KEY_FILE: is not read with KEYS=development/u);
  });

  it('tells of variables that it does not know and that look like its own [D8]', async () => {
    const { said } = await start({
      PROT: '1',
      ANCHOR_INTERVAL: '10',
      GRIDSEAL_PORT: '1',
      GRIDSEAL_COLOUR: 'blue',
      data_dir: '/x',
      HOSTNAME: 'h',
      LANG: 'C',
      // Ends it before anything is started.
      LOG_LEVEL: 'loud',
    });
    const told = said.split('\n').filter((line) => line.includes('reads no variable of that name'));
    assert.deepEqual(
      told.map((line) => [line.split(' ')[0], /did you mean (\w+)\?/u.exec(line)?.[1]]),
      [
        ['ANCHOR_INTERVAL', 'ANCHOR_INTERVAL_MS'],
        ['GRIDSEAL_COLOUR', undefined],
        ['GRIDSEAL_PORT', 'PORT'],
        ['PROT', 'PORT'],
        ['data_dir', 'DATA_DIR'],
      ],
    );
  });

  it('tells of them when it starts all the same [D8]', async () => {
    const { said } = await start({ PROT: '1' });
    assert.match(said, /PROT is set, .* did you mean PORT\?/u);
  });
});
