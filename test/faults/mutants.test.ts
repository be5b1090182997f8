import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { copyRepository } from '../check/copy.ts';
import { extent } from './harness/extent.ts';

/** A safety taken out of the service: what this suite is for is to notice. */
type Mutant = {
  readonly name: string;
  readonly edits: readonly (readonly [file: string, found: string, put: string])[];
  /** Test files that must notice. */
  readonly noticedBy: string;
};

const MUTANTS: readonly Mutant[] = [
  {
    name: 'a file is renamed into place without being synced',
    edits: [['backend/adapters/durable-file/durable-files.ts', '    await fs.syncFile(beside);\n', '']],
    noticedBy: 'faults/scenarios',
  },
  {
    name: "a file's new name is not synced",
    edits: [
      [
        'backend/adapters/durable-file/durable-files.ts',
        '      await fs.rename(beside, path);\n      await fs.syncFolder(dirname(path));',
        '      await fs.rename(beside, path);',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'a checkpoint is shown before it is written to the published file',
    edits: [['backend/features/sequencer/sequencer.ts', '    await published.write(head.checkpoint);\n', '']],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'a sequencer leads without the lock',
    edits: [
      [
        'backend/features/sequencer/sequencer.ts',
        'if (row?.locked === true) return session;',
        'if (row !== undefined) return session;',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'the head is replaced without comparing it',
    edits: [
      [
        'backend/features/sequencer/integration.ts',
        'if (found?.term !== state.head.term || found.size !== state.head.size)',
        'if (found === undefined)',
      ],
      [
        'backend/features/sequencer/log-store.ts',
        'WHERE term = $1 AND size = $2 AND root = $3`',
        'WHERE $1::bigint IS NOT NULL AND $2::bigint IS NOT NULL AND $3::bytea IS NOT NULL`',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: "events are taken from the node's index unproven",
    edits: [
      [
        'backend/features/chain/follower.ts',
        '        await requireLogs(client, block, claimed, binding);\n',
        '        void client;\n',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: "a nonce is taken on the node's word",
    edits: [
      [
        'backend/features/chain/outbox.ts',
        'if (chainNonce > own) await requireNonce((spent) => spent === chainNonce);\n',
        '\n',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'payloads leave the database before the content store has them',
    edits: [
      [
        'backend/features/payloads/mover.ts',
        '  await store.importBlocks(root, [...lists, ...payloads]);\n',
        '',
      ],
      [
        'backend/features/payloads/mover.ts',
        'const payloadBytes = await requireStored(store.getAll, cidsOf(payloads));\n  await requireStored(store.getAll, cidsOf(lists));\n',
        'const payloadBytes = cidsOf(payloads).length;\n',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'an erasure destroys a key without wrapping what is to stay',
    edits: [
      [
        'backend/features/erasure/eraser.ts',
        '    await keys.writeRewrapped(period, { under: under.period, keys: survivors });\n',
        '',
      ],
    ],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'an erasure is logged and the key is still there',
    edits: [['backend/features/erasure/eraser.ts', '    await keys.destroy(retired);\n', '']],
    noticedBy: 'faults/scenarios',
  },
  {
    name: 'an answer that reverted is not given again',
    edits: [['backend/features/promise/answerer.ts', 'const MOST_TRIES = 3;', 'const MOST_TRIES = 1;']],
    noticedBy: 'faults/scenarios',
  },
];

/** Long enough for a suite that hangs where it should fail. */
const LIMIT_MS = 15 * 60_000;

if (extent.isWhole)
  describe('a safety taken out', () => {
    let copy: Awaited<ReturnType<typeof copyRepository>>;
    before(async () => {
      copy = await copyRepository();
    });
    after(() => copy.remove());

    const runCopy = async (fragment: string): Promise<{ failed: number; output: string }> => {
      const child = spawn(
        process.execPath,
        ['scripts/test.ts', '--suite', 'faults', '--seed', '1', '--runs', '0', fragment],
        { cwd: copy.folder, stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS, env: environment() },
      );
      const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      return { failed: Number(/\d+ passed, (\d+) failed/u.exec(output)?.[1]), output };
    };

    it('is not noticed where none is: the copy passes', async () => {
      const { failed, output } = await runCopy('faults/scenarios');
      assert.equal(failed, 0, output.slice(-2_000));
    });

    for (const { name, edits, noticedBy } of MUTANTS)
      it(`is noticed: ${name}`, async () => {
        const sound = new Map<string, string>();
        try {
          for (const [file, found, put] of edits) {
            const path = join(copy.folder, file);
            const before = await readFile(path, 'utf8');
            assert.ok(before.includes(found), `${file} no longer holds: ${found}`);
            if (!sound.has(path)) sound.set(path, before);
            await writeFile(path, before.replace(found, put));
          }
          const { failed, output } = await runCopy(noticedBy);
          assert.ok(failed > 0, `nothing failed:\n${output.slice(-2_000)}`);
        } finally {
          for (const [path, before] of sound) await writeFile(path, before);
        }
      });
  });

/** The copy's run brings its own servers, and is no test of this run's. */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_TEST_CONTEXT: _context, GRIDSEAL_TEST_DATABASE_URL: _server, ...rest } = process.env;
  return { ...rest, FAULT_BAIL: '1' };
};
