import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { run, type EventData } from 'node:test';
import { spec } from 'node:test/reporters';
import { root } from '../paths.ts';
import type { Suite } from './suites.ts';
import type { Tally } from './tally.ts';

const globalSetup = join(root, 'test/setup/global.ts');
/** The longest that one file may take; long runs by hand need more. */
const FILE_LIMIT_MS = Number(process.env.TEST_FILE_LIMIT_MINUTES ?? 20) * 60_000;

/** Runs the files under Node's test runner, one process each, and shows every test as it ends. */
export async function runNodeTests(files: readonly string[], suite: Suite): Promise<Tally> {
  const stream = run({
    files: [...files],
    concurrency: suite.sharedServers ? availableParallelism() : 1,
    timeout: FILE_LIMIT_MS,
    ...(suite.sharedServers && existsSync(globalSetup) ? { globalSetupPath: globalSetup } : {}),
  });
  const tally = { passed: 0, failed: 0, skipped: 0 };
  stream.on('test:pass', (event) => {
    if (!isTest(event)) return;
    if (isSet(event.skip) || isSet(event.todo)) tally.skipped += 1;
    else tally.passed += 1;
  });
  // A failing file that holds no test of its own (it did not load, or a hook failed) is a failure too.
  stream.on('test:fail', (event) => {
    if (isTest(event) || ownFailure(event)) tally.failed += 1;
  });
  const shown = stream.compose(spec);
  shown.pipe(process.stdout, { end: false });
  await new Promise((resolve, reject) => shown.once('end', resolve).once('error', reject));
  return tally;
}

/** A file without tests is reported as a test of its own name; it is not one. */
const isTest = (event: { name: string; details: { type?: string | undefined } }): boolean =>
  event.details.type === 'test' && !isAbsolute(event.name);

const isSet = (reason: string | boolean | undefined): boolean => reason !== undefined && reason !== false;

function ownFailure(event: EventData.TestFail): boolean {
  const error = event.details.error as Error & { failureType?: string };
  return error.failureType !== 'subtestsFailed';
}
