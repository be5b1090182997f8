import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/paths.ts';
import { readTelemetryFile } from '../../edge/readers/csv.ts';
import { createTestFolder } from '../setup/postgres.ts';

/** A million by `LONG_ROWS=1000000`. */
const rows = Number(process.env.LONG_ROWS ?? '130001');

describe(`a file of ${rows} rows`, () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let file: string;

  before(async () => {
    folder = await createTestFolder();
    file = join(folder.path, 'minutes.csv');
    const start = Date.UTC(2024, 0, 1);
    function* lines(): Generator<string> {
      yield 'time,power [W],voltage [V]\n';
      for (let i = 0; i < rows; i += 1)
        yield `${new Date(start + i * 60_000).toISOString()},${i % 5_000}.25,${230 + (i % 7)}\n`;
    }
    await pipeline(Readable.from(lines()), createWriteStream(file));
  });
  after(() => folder.remove());

  it('is read whole [B7]', async () => {
    const { readings, rows: read } = await readTelemetryFile(file);
    assert.deepEqual([read, readings.length], [rows, 2 * rows]);
    assert.equal(readings.at(-2)?.value, BigInt(((rows - 1) % 5_000) * 100 + 25));
  });

  it('is checked in memory that does not grow with it, with a bar [B7]', async () => {
    const command = ['--max-old-space-size=80', join(root, 'cli/main.ts'), 'device', 'check', file];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command);
    assert.match(stdout, new RegExp(`rows     ${rows}, every 1 min`, 'u'));
    const { size } = await stat(file);
    assert.match(stderr, new RegExp(`${size}/${size}`, 'u'));
  });
});
