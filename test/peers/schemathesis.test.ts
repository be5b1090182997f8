import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGridsealClient } from '@gridseal/sdk';
import { enrolledDevice, serveLog } from '../setup/served-log.ts';
import { pathOf, skipWithout } from './programs/peer.ts';
import { pythonPeer } from './programs/python.ts';
import { run } from './programs/run.ts';

/** Requests an operation and phase, about; a long run has SCHEMATHESIS_EXAMPLES=10000 and TEST_FILE_LIMIT_MINUTES=180. */
const EXAMPLES = process.env.SCHEMATHESIS_EXAMPLES ?? '15';
const IS_LONG = Number(EXAMPLES) > 1_000;
/** A long run takes hours: it can be split, here by a pattern of the paths that are asked. */
const PATHS = process.env.SCHEMATHESIS_PATHS;
/** What breaks the longest lists is slow to make: requests that keep to the document can be asked for alone. */
const MODE = process.env.SCHEMATHESIS_MODE ?? 'all';
/** Sequences of requests take several for each example: a long run goes without. */
const PHASES = IS_LONG ? 'examples,coverage,fuzzing' : 'examples,coverage,fuzzing,stateful';
const SEED = process.env.SCHEMATHESIS_SEED ?? '1';
/** More than the service ever needs for this, and far less than a leak comes to. */
const MAX_RSS_MIB = 1_024;

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
].join(',');

const schemathesis = await pythonPeer('schemathesis');

const rssMiB = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1] ?? Number.NaN) / 1_024;
};

test(
  'schemathesis finds no answer of the service that its OpenAPI document does not announce, and no failure of its own',
  skipWithout(schemathesis),
  async (t) => {
    const log = await serveLog();
    t.after(log.stop);
    await log.fill(300);
    await enrolledDevice(createGridsealClient({ url: log.url }));
    const token = (await readFile(join(log.dataDir, 'keys', 'api.token'), 'utf8')).trim();
    const command = [
      'run',
      `${log.url}/openapi.json`,
      ...['--checks', CHECKS, '--max-examples', EXAMPLES, '--seed', SEED, '--no-color'],
      ...['--phases', PHASES, '--mode', MODE],
      ...(PATHS === undefined ? [] : ['--include-path-regex', PATHS]),
      ...['--header', `Authorization: Bearer ${token}`],
    ];
    // It keeps what it found where it runs.
    const { code, stdout } = await run(pathOf(schemathesis), command, { cwd: log.dataDir, shown: IS_LONG });
    assert.equal(code, 0, stdout.slice(0, 12_000));
    const operations = /Tested: (\d+)/u.exec(stdout)?.[1];
    const expected = PATHS === undefined ? 25 : 1;
    assert.ok(Number(operations) >= expected, `it tested ${String(operations)} operations`);
    const health = await fetch(`${log.url}/health`);
    assert.equal(health.status, 200, await health.text());
    const used = await rssMiB(log.pid);
    assert.ok(used < MAX_RSS_MIB, `the service uses ${used} MiB`);
  },
);
