import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/paths.ts';
import { pathOf, skipWithout } from './programs/peer.ts';
import { pythonPeer } from './programs/python.ts';
import { run, runOrThrow } from './programs/run.ts';

type Report = {
  readonly success: boolean;
  readonly error: string | null;
  readonly results: { readonly detectors?: readonly Finding[] };
};
type Finding = { readonly impact: string; readonly check: string; readonly description: string };

const slither = await pythonPeer('slither');

test('slither reports no high or medium finding on the contracts', skipWithout(slither), async (t) => {
  // Slither reads every build it finds, so it gets one of the contracts alone.
  const folder = await mkdtemp(join(tmpdir(), 'gridseal-slither-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const entry of ['contracts', 'hardhat.config.ts', 'package.json']) {
    await cp(join(root, entry), join(folder, entry), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const hardhat = join(root, 'node_modules/hardhat/dist/src/cli.js');
  await runOrThrow(process.execPath, [hardhat, 'build', '--no-tests'], { cwd: folder });

  const reportFile = join(folder, 'report.json');
  const args = ['.', '--ignore-compile', '--filter-paths', 'node_modules', '--json', reportFile];
  const { stderr } = await run(pathOf(slither), args, { cwd: folder });
  const report = JSON.parse(await readFile(reportFile, 'utf8').catch(() => '{}')) as Partial<Report>;
  assert.equal(report.success, true, report.error ?? stderr);
  const analysed = /analyzed \((\d+) contracts/.exec(stderr)?.[1];
  assert.ok(Number(analysed) > 0, `slither analysed no contract: ${stderr}`);
  const serious = (report.results?.detectors ?? []).filter(
    ({ impact }) => impact === 'High' || impact === 'Medium',
  );
  assert.deepEqual(
    serious.map(({ impact, check, description }) => `${impact} ${check}: ${description.trim()}`),
    [],
  );
});
