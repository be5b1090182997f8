import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { bundleOf, trustOf } from '../setup/vector-documents.ts';
import { documentVectors, textVectors } from './vectors.ts';

// The vectors that test/protocol runs in process, each by the command in a process of its own.

const verdictSchema = z.object({
  holds: z.boolean(),
  outcome: z.enum(['holds', 'incomplete', 'fails']),
  layers: z.array(z.object({ layer: z.string(), status: z.string(), code: z.string().optional() })),
  remarks: z.array(z.object({ code: z.string() })),
});
const EXITS = { holds: 0, incomplete: 5, fails: 1 } as const;
const refusalSchema = z.object({ bundle: z.literal(false), code: z.string(), field: z.string() });

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let written = 0;

const put = async (bytes: Uint8Array): Promise<string> => {
  const file = join(folder.path, `${written++}.json`);
  await writeFile(file, bytes);
  return file;
};
const verify = async (
  bundle: Uint8Array,
  trust: Uint8Array,
  ...flags: readonly string[]
): Promise<CommandRun> =>
  gridseal('verify', await put(bundle), '--trust', await put(trust), '--json', ...flags);

const judged = (run: CommandRun) => {
  const { holds, outcome, layers, remarks } = verdictSchema.parse(JSON.parse(run.stdout));
  return {
    holds,
    outcome,
    remarks: remarks.map(({ code }) => code),
    layers: Object.fromEntries(
      layers.map(({ layer, status, code }) => [layer, code === undefined ? status : `${status} ${code}`]),
    ),
  };
};

before(async () => {
  folder = await createTestFolder();
  // Hundreds of processes: the types are stripped once, also where npm did not start the tests.
  process.env.NODE_COMPILE_CACHE ??= join(folder.path, 'compiled');
});

after(() => folder.remove());

describe('gridseal verify: the vectors bundle.json', { concurrency: 2 }, () => {
  for (const { name, input, expected, wantErr } of documentVectors('bundle.json')) {
    const { bundle = '', ...change } = input;
    it(name, async () => {
      const run = await verify(bundleOf(bundle, change), trustOf());
      if (wantErr === undefined) {
        const { outcome, remarks } = judged(run);
        assert.equal(run.code, EXITS[outcome], run.stderr);
        assert.equal(remarks.includes('Reformatted'), expected?.isReformatted);
        return;
      }
      assert.equal(run.code, 2, run.stderr);
      const { code, field } = refusalSchema.parse(JSON.parse(run.stdout));
      assert.deepEqual({ code, field }, wantErr);
    });
  }
});

describe('gridseal verify: the vectors trust.json', { concurrency: 2 }, () => {
  for (const { name, input, wantErr } of documentVectors('trust.json')) {
    it(name, async () => {
      const run = await verify(bundleOf('device'), trustOf(input));
      if (wantErr === undefined) {
        assert.equal(run.code, EXITS[judged(run).outcome], run.stderr);
        return;
      }
      assert.equal(run.code, 4, run.stdout);
      assert.match(run.stderr, /is not a trust file/u);
      assert.ok(run.stderr.includes(wantErr.field ?? wantErr.code), run.stderr);
    });
  }
});

describe('gridseal verify: the vectors verdict.json', { concurrency: 2 }, () => {
  const vectors = documentVectors('verdict.json');
  // What a node says is put to the command with a node: test/cli/commands.test.ts.
  const asked = vectors.filter(
    ({ input: { options } }) => options?.refusedBlock === undefined && options?.notBefore === undefined,
  );

  for (const { name, input, expected } of asked) {
    const { bundle = '', patch, trustPatch, options = {} } = input;
    it(name, async () => {
      const flags = [...(options.waive === undefined ? [] : ['--waive', ...options.waive])];
      const changed = patch === undefined ? {} : { patch };
      const distrusted = trustPatch === undefined ? {} : { patch: trustPatch };
      const run = await verify(bundleOf(bundle, changed), trustOf(distrusted), ...flags);
      assert.deepEqual(judged(run), expected);
      assert.equal(run.code, EXITS[expected?.outcome ?? 'fails']);
    });
  }

  it('leaves out none but those that a node decides', () => {
    assert.equal(vectors.length - asked.length, 4);
  });
});

it('a file without end is read as far as a bundle may be long', async () => {
  const trust = await put(trustOf());
  const run = await gridseal('verify', '/dev/zero', '--trust', trust, '--json');
  assert.equal(run.code, 2, run.stderr);
  assert.equal(refusalSchema.parse(JSON.parse(run.stdout)).code, 'TooLong');
  const distrusted = await gridseal('verify', await put(bundleOf('device')), '--trust', '/dev/zero');
  assert.equal(distrusted.code, 4, distrusted.stdout);
});

describe('gridseal verify: the vectors proof.json, in a bundle', { concurrency: 2 }, () => {
  const parsed = textVectors('proof.json').filter(({ operation }) => operation === 'parse');
  for (const { name, input, wantErr } of parsed) {
    it(name, async () => {
      const patch = [{ op: 'replace' as const, path: '/proof', value: input.text }];
      const run = await verify(bundleOf('device', { patch }), trustOf());
      assert.equal(run.code, 1, run.stderr);
      // A proof that can be read is one of another log.
      assert.equal(judged(run).layers.checkpoint, `fail ${wantErr?.code ?? 'OriginMismatch'}`);
    });
  }
});
