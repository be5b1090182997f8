import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/paths.ts';
import { sampleOf, type SampleFile } from './sample/sample.ts';

const ZONES = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns'];
const seed = Number(process.env.SAMPLE_SEED ?? '13');
const count = Number(process.env.SAMPLE_FILES ?? '200');

type Result = {
  readonly is: 'accepted' | 'refused';
  readonly readings?: readonly string[];
  readonly code?: string;
  readonly row?: number;
  readonly column?: string;
  readonly remedy?: string;
  readonly message?: string;
};

const run = promisify(execFile);

describe(`a sample of ${count} files, seed ${seed}`, () => {
  let folder: string;
  let files: readonly SampleFile[];
  const results = new Map<string, readonly Result[]>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridseal-sample-'));
    files = sampleOf(seed, count);
    for (const [i, { bytes }] of files.entries()) await writeFile(join(folder, `${i}.csv`), bytes);
    await writeFile(join(folder, 'list.json'), JSON.stringify(files.map(({ options }) => options)));
    const read = async (zone: string): Promise<void> => {
      const program = join(root, 'test/edge/sample/read-sample.ts');
      const { stdout } = await run(process.execPath, [program, folder], {
        env: { ...process.env, TZ: zone },
        maxBuffer: 256 * 1024 * 1024,
      });
      results.set(zone, JSON.parse(stdout) as readonly Result[]);
    };
    for (const zone of ZONES) await read(zone);
  });
  after(() => rm(folder, { recursive: true }));

  it('is accepted with the right instants, units and values, or refused with place and remedy [B1] [B2] [B3] [B6] [B8] [B9]', () => {
    const found = results.get('UTC') ?? [];
    assert.equal(found.length, count);
    const tally = { accepted: 0, refused: 0 };
    for (const [i, { name, expected }] of files.entries()) {
      const result = found[i]!;
      tally[expected.is] += 1;
      assert.equal(result.is, expected.is, `${name}: ${result.message ?? 'accepted'}`);
      if (expected.is === 'accepted') assert.deepEqual(result.readings, expected.readings, name);
      else {
        const { code, row, column } = expected;
        assert.equal(result.code, code, `${name}: ${result.message}`);
        if (row !== undefined) assert.equal(result.row, row, `${name}: ${result.message}`);
        if (column !== undefined) assert.equal(result.column, column, `${name}: ${result.message}`);
        assert.ok((result.remedy ?? '') !== '', `${name} names no remedy: ${result.message}`);
      }
    }
    assert.ok(tally.accepted >= count / 4 && tally.refused >= count / 4, JSON.stringify(tally));
  });

  it('is read alike in every zone of the machine [B1]', () => {
    for (const zone of ZONES) assert.deepEqual(results.get(zone), results.get('UTC'), zone);
  });
});
