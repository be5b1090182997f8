import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../../scripts/paths.ts';
import { gridsealIn } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';

const quarters = (count: number): string => {
  const rows = Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.UTC(2026, 5, 1, 0, 15 * i)).toISOString();
    return `${time},${((i - 12) * 1.25).toFixed(2)}`;
  });
  return `time,active-power [kW]\n${rows.join('\n')}\n`;
};

const demo = (cwd: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { cwd, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [join(root, 'scripts/demo.ts'), ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stdout}\n${stderr}`, { cause: error }));
    });
  });

describe('the demo', () => {
  it('sends all forty quarter-hours of a file, and what it prints to run next works [B10]', async (t) => {
    const folder = await createTestFolder();
    t.after(folder.remove);
    await writeFile(join(folder.path, 'day.csv'), quarters(40));
    const said = await demo(folder.path, '--csv', 'day.csv', '--out', 'out');
    assert.match(said, /40 readings/u);
    assert.doesNotMatch(said, /Left out/u);
    const [, words = ''] = /npx gridseal (verify .*)/u.exec(said) ?? [];
    const judged = await gridsealIn(folder.path, ...words.split(' '));
    assert.equal(judged.code, 0, `${judged.stdout}\n${judged.stderr}`);
    // The sixth of ten hours, read as the file has it.
    assert.match(judged.stdout, /2026-06-01T05:45:00Z {2}active-power {2}13\.75 {2}kW/u);
  });
});
