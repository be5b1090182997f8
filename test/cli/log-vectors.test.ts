import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { NOTE_ALGORITHM, formatNote, formatVerifierKey, noteSignerFrom } from '../../protocol/src/index.ts';
import { gridseal, type CommandRun } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';
import { textVectors } from './vectors.ts';

const failureSchema = z.object({ proven: z.literal(false), code: z.string(), message: z.string() });
const checkpointSchema = z.object({ origin: z.string(), size: z.string(), root: z.string() });

const signer = noteSignerFrom('log.example/checkpoints', NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(7));
const { name, keyHash } = signer.verifierKey;

let folder: Awaited<ReturnType<typeof createTestFolder>>;

before(async () => {
  folder = await createTestFolder();
  process.env.NODE_COMPILE_CACHE ??= join(folder.path, 'compiled');
});

after(() => folder.remove());

/** What `gridseal log checkpoint` makes of a log that serves this note. */
const readServed = async (note: string, key: string): Promise<CommandRun> => {
  const server = createServer((request, response) => {
    response.end(request.url === '/log/checkpoint' ? note : key);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    return await gridseal('--json', 'log', '--url', `http://127.0.0.1:${port}`, 'checkpoint');
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

const refusedWith = (run: CommandRun): string => {
  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stderr, /not proven/u);
  return failureSchema.parse(JSON.parse(run.stdout)).code;
};

describe('gridseal log: the vectors checkpoint.json, signed', { concurrency: 2 }, () => {
  const parsed = textVectors('checkpoint.json').filter(({ operation }) => operation === 'parse');
  // The text of a note ends in a newline; without one there is nothing to sign.
  const signable = parsed.filter(({ input }) => input.text.endsWith('\n'));

  for (const { name: title, input, expected } of signable) {
    it(title, async () => {
      const signature = signer.sign(new TextEncoder().encode(input.text));
      // The line alone: a text that is no checkpoint is to be signed all the same.
      const [, line = ''] = formatNote({ text: 'x\n', signatures: [{ name, keyHash, signature }] }).split(
        '\n\n',
      );
      const run = await readServed(`${input.text}\n${line}`, formatVerifierKey(signer.verifierKey));
      if (expected === undefined) assert.equal(refusedWith(run), 'CheckpointText');
      else assert.deepEqual(checkpointSchema.parse(JSON.parse(run.stdout)), expected);
    });
  }

  it('leaves out only texts without a newline at the end', () => {
    assert.ok(parsed.length - signable.length <= 2, `${parsed.length - signable.length} left out`);
  });
});

describe('gridseal log: the vectors note.json', { concurrency: 2 }, () => {
  const opened = textVectors('note.json').filter(({ operation }) => operation === 'open');
  // HTTP carries UTF-8, in which half a character cannot be written.
  const carried = opened.filter(({ input }) => input.note.isWellFormed());

  for (const { name: title, input, expected, wantErr } of carried) {
    it(title, async () => {
      const [key = formatVerifierKey(signer.verifierKey)] = input.verifierKeys;
      const code = refusedWith(await readServed(input.note, key));
      if (wantErr !== undefined) assert.equal(code, wantErr.code);
      // No text of these notes is a checkpoint: whoever gets so far found the signature sound.
      else assert.equal(code, expected?.signedBy.includes(0) === true ? 'CheckpointText' : 'SignatureLine');
    });
  }

  it('meets signatures that hold and that do not, and leaves out only what HTTP cannot carry', () => {
    assert.ok(carried.some(({ expected }) => expected?.signedBy.includes(0)));
    assert.ok(carried.some(({ expected }) => expected?.signedBy.includes(0) === false));
    assert.ok(opened.length - carried.length <= 2, `${opened.length - carried.length} left out`);
  });
});

describe('gridseal log: the vectors note.json, as --key', { concurrency: 2 }, () => {
  const keys = textVectors('note.json').filter(({ operation }) => operation === 'parse verifier key');
  for (const { name: title, input, wantErr } of keys) {
    it(title, async () => {
      const run = await gridseal('log', '--url', 'http://127.0.0.1:1', `--key=${input.text}`, 'checkpoint');
      // A key that can be read is taken along to the log, which is not there.
      assert.equal(run.code, wantErr === undefined ? 3 : 4, run.stderr);
      if (wantErr !== undefined) assert.match(run.stderr, /--key is no C2SP verifier key/u);
    });
  }
});
