import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { KeyFileError, openServiceKeys } from '../../../backend/adapters/keys/key-files.ts';
import {
  PeriodKeyDiffersError,
  registerPeriodKey,
} from '../../../backend/adapters/keys/period-key-registry.ts';
import { PeriodInUseError, openPeriodKeys } from '../../../backend/adapters/keys/period-keys.ts';
import type { Config } from '../../../backend/config.ts';
import { createTestDatabase } from '../../setup/postgres.ts';
import { createVolatileFileSystem } from '../../setup/volatile-file-system.ts';

const CONFIG: Config['keys'] = {
  source: 'random',
  operatorFile: '/k/operator.key',
  anchorFile: '/k/anchor.key',
  relayFile: '/k/relay.key',
  ownerFile: '/k/owner.key',
  noteFile: '/k/note.key',
  periodFolder: '/k/periods',
  apiTokenFile: '/k/api.token',
};

const machine = () => {
  const fs = createVolatileFileSystem();
  return { fs, files: createDurableFiles(fs) };
};

test('keys are made once, private to their owner, and survive power loss', async () => {
  const { fs, files } = machine();
  const made = await openServiceKeys(CONFIG, files);
  assert.equal(new Set([made.operator, made.anchor, made.owner, made.note, made.apiToken]).size, 5);
  for (const name of ['operator.key', 'anchor.key', 'owner.key', 'note.key', 'api.token'])
    assert.equal(fs.modeOf(`/k/${name}`), 0o600);
  fs.crash();
  assert.deepEqual(await openServiceKeys(CONFIG, files), made);
});

test('two processes that start at once end with the same keys', async () => {
  const { files } = machine();
  const [a, b] = await Promise.all([openServiceKeys(CONFIG, files), openServiceKeys(CONFIG, files)]);
  assert.deepEqual(a, b);
});

for (const [name, text] of [
  ['too short', '0x12'],
  ['zero', `0x${'0'.repeat(64)}`],
  ['the order of the group', '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'],
  ['upper case', `0x${'AB'.repeat(32)}`],
] as const)
  test(`a key file that holds ${name} is refused and its content not repeated`, async () => {
    const { files } = machine();
    await files.write(CONFIG.operatorFile, text);
    await assert.rejects(
      openServiceKeys(CONFIG, files),
      (error) =>
        error instanceof KeyFileError && error.file === CONFIG.operatorFile && !error.message.includes(text),
    );
  });

test('development keys are the same everywhere and are never written', async () => {
  const { fs, files } = machine();
  const development = { ...CONFIG, source: 'development' } as const;
  const [here, there] = [
    await openServiceKeys(development, files),
    await openServiceKeys(development, machine().files),
  ];
  assert.equal(here.operator, there.operator);
  assert.equal(here.note, there.note);
  assert.notEqual(here.apiToken, there.apiToken);
  assert.equal(fs.modeOf(CONFIG.operatorFile), undefined);
});

const openPeriods = async (t: TestContext, now: string, of = machine()) => {
  t.diagnostic(now);
  const keys = await openPeriodKeys({ folder: CONFIG.periodFolder, files: of.files, now: new Date(now) });
  return { ...of, keys };
};

test('each day has a key of its own, and older ones still open', async (t) => {
  const { files, fs, keys } = await openPeriods(t, '2026-03-01T23:59:59Z');
  const first = keys.current();
  await keys.advance(new Date('2026-03-01T23:59:59.999Z'));
  assert.deepEqual(keys.current(), first);
  await keys.advance(new Date('2026-03-02T00:00:00Z'));
  assert.equal(first.period, '2026-03-01.0001');
  assert.equal(keys.current().period, '2026-03-02.0001');
  assert.deepEqual(await keys.find(first.period), first.key);
  fs.crash();
  const again = await openPeriods(t, '2026-03-02T12:00:00Z', { fs, files });
  assert.deepEqual(again.keys.current(), keys.current());
  assert.deepEqual(again.keys.periods(), ['2026-03-01.0001', '2026-03-02.0001']);
});

test('a destroyed key is gone for good, the one in use cannot be destroyed', async (t) => {
  const { files, fs, keys } = await openPeriods(t, '2026-03-01T00:00:00Z');
  const { period } = keys.current();
  await assert.rejects(
    keys.destroy(period),
    (error) => error instanceof PeriodInUseError && error.period === period,
  );
  const next = await keys.renew(new Date('2026-03-01T10:00:00Z'));
  assert.equal(next.period, '2026-03-01.0002');
  await keys.destroy(period);
  assert.equal(await keys.find(period), undefined);
  fs.crash();
  const again = await openPeriods(t, '2026-03-01T11:00:00Z', { fs, files });
  assert.deepEqual(again.keys.periods(), ['2026-03-01.0002']);
  assert.deepEqual(again.keys.current(), next);
});

test('services that share the folder share its keys, whoever makes them, and whoever destroys them', async (t) => {
  const of = machine();
  const [one, other] = [
    await openPeriods(t, '2026-03-01T00:00:00Z', of),
    await openPeriods(t, '2026-03-01T00:00:00Z', of),
  ];
  const day = new Date('2026-03-02T00:00:00Z');
  await one.keys.advance(day);
  await other.keys.advance(day);
  assert.deepEqual(other.keys.current(), one.keys.current());
  const { period } = one.keys.current();
  await one.keys.renew(day);
  await one.keys.destroy(period);
  assert.equal(await other.keys.find(period), undefined);
  assert.deepEqual(await other.keys.find(one.keys.current().period), one.keys.current().key);
});

test('a key whose name was not synced is made durable before it is used', async () => {
  for (let operation = 1, isMade = false; !isMade; operation += 1) {
    const { fs, files } = machine();
    const open = () =>
      openPeriodKeys({ folder: CONFIG.periodFolder, files, now: new Date('2026-03-01T00:00:00Z') });
    fs.failOperation(operation);
    isMade = await open().then(
      () => true,
      () => false,
    );
    fs.failOperation(Number.POSITIVE_INFINITY);
    const used = (await open()).current();
    fs.crash();
    assert.deepEqual((await open()).current(), used, `operation ${operation} failed`);
  }
});

test('a service with another key under the same name is refused', async (t) => {
  const { database, close } = await createTestDatabase();
  t.after(close);
  const [here, there] = [
    await openPeriods(t, '2026-03-01T00:00:00Z'),
    await openPeriods(t, '2026-03-01T00:00:00Z'),
  ];
  await registerPeriodKey(database, here.keys.current());
  await registerPeriodKey(database, here.keys.current());
  await assert.rejects(
    registerPeriodKey(database, there.keys.current()),
    (error) => error instanceof PeriodKeyDiffersError && error.period === '2026-03-01.0001',
  );
});
