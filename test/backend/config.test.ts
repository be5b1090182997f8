import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { NOTE_ALGORITHM, formatVerifierKey, noteSignerFrom } from '@gridseal/protocol';
import { ConfigError, configVariables, readConfig } from '../../backend/config.ts';

const problemsOf = (env: Record<string, string>): ConfigError => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
};

test('an empty environment gives embedded parts on loopback', () => {
  const config = readConfig({});
  assert.equal(config.http.host, '127.0.0.1');
  assert.equal(config.http.port, 8787);
  assert.equal(config.dataDir, resolve('.gridseal'));
  assert.deepEqual(config.database, { kind: 'embedded' });
  assert.deepEqual(config.chain, { kind: 'embedded', port: { kind: 'preferred', port: 8545 } });
  assert.equal(config.log.checkpointIntervalMs, 250);
});

test('an empty value counts as not set', () => {
  assert.equal(readConfig({ PORT: '', RPC_URL: '' }).http.port, 8787);
});

test('each part is swapped by one URL', () => {
  const config = readConfig({
    DATABASE_URL: 'postgres://u:p@db:5432/g',
    RPC_URL: 'http://127.0.0.1:8545',
    DEPLOY: 'contracts',
    IPFS_API_URL: 'http://127.0.0.1:5001',
    MQTT_URL: 'mqtt://broker:1883',
  });
  assert.equal(config.database.kind, 'external');
  assert.deepEqual(config.chain, {
    kind: 'external',
    url: 'http://127.0.0.1:8545',
    deploy: 'contracts',
    finalityDepth: undefined,
  });
  assert.equal(config.contentStore.kind, 'external');
  assert.equal(config.messaging.kind, 'external');
});

test('a port that was asked for is exact', () => {
  const config = readConfig({ RPC_PORT: '9000' });
  assert.deepEqual(config.chain, { kind: 'embedded', port: { kind: 'exact', port: 9000 } });
});

test('every problem is listed at once with its variable and an example', () => {
  const error = problemsOf({ PORT: '70000', RPC_URL: 'ftp://x', ADMIT_OWNERS: '0x12', LOG_LEVEL: 'loud' });
  assert.equal(error.code, 'config-invalid');
  assert.deepEqual(error.problems.map((problem) => problem.variable).sort(), [
    'ADMIT_OWNERS',
    'LOG_LEVEL',
    'PORT',
    'RPC_URL',
  ]);
  for (const problem of error.problems)
    assert.ok(error.message.includes(`${problem.variable}=${problem.example}`));
});

test('a setting of an embedded part is refused beside the URL that replaces it', () => {
  const error = problemsOf({ RPC_URL: 'http://h', RPC_PORT: '1', MQTT_URL: 'mqtt://h', MQTT_PORT: '1' });
  assert.deepEqual(
    error.problems.map((problem) => problem.variable),
    ['RPC_PORT', 'MQTT_PORT'],
  );
  assert.deepEqual(
    problemsOf({ MQTT_URL: 'mqtt://h', MQTT_CA_FILE: 'ca.pem' }).problems.map((problem) => problem.variable),
    ['MQTT_CA_FILE'],
  );
  assert.deepEqual(
    problemsOf({ DEPLOY: 'contracts' }).problems.map((problem) => problem.variable),
    ['DEPLOY'],
  );
});

test('owners are read as lower-case addresses', () => {
  const owner = `0x${'Ab'.repeat(20)}`;
  assert.deepEqual(readConfig({ ADMIT_OWNERS: `${owner}, ${owner}` }).ingest.admitOwners, [
    owner.toLowerCase(),
    owner.toLowerCase(),
  ]);
});

test('a witness counts once, whatever its names', () => {
  const keyOf = (name: string, byte: number): string =>
    formatVerifierKey(
      noteSignerFrom(name, NOTE_ALGORITHM.cosignature, new Uint8Array(32).fill(byte)).verifierKey,
    );
  const listOf = (...keys: readonly string[]): string =>
    keys.map((key, i) => `${key} https://w${i}.example/`).join(', ');
  const two = readConfig({ WITNESSES: listOf(keyOf('w.example/1', 1), keyOf('w.example/2', 2)) });
  assert.deepEqual(
    two.witness.witnesses.map(({ url }) => url),
    ['https://w0.example', 'https://w1.example'],
  );
  for (const name of ['w.example/1', 'w.example/2']) {
    const error = problemsOf({ WITNESSES: listOf(keyOf('w.example/1', 1), keyOf(name, 1)) });
    assert.deepEqual(
      error.problems.map(({ variable }) => variable),
      ['WITNESSES'],
    );
    assert.match(error.message, /names a witness twice/u);
  }
});

test('every example in the list of variables is accepted by itself', () => {
  const needs: Record<string, Record<string, string>> = {
    DEPLOY: { RPC_URL: 'http://h' },
    FINALITY_DEPTH: { RPC_URL: 'http://h' },
    GUARDIAN_QUORUM: { GUARDIANS: `0x${'11'.repeat(20)}` },
    EPOCH_DELAY_S: { GUARDIANS: `0x${'11'.repeat(20)}` },
    MQTT_CA_FILE: { MQTT_URL: 'mqtts://h' },
  };
  for (const { variable, example } of configVariables)
    readConfig({ ...needs[variable], [variable]: example });
});
