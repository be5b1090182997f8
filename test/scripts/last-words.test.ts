import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lastWords } from '../../scripts/start/last-words.ts';

/** What an earlier run has left. */
const EARLIER = `${JSON.stringify({ level: 60, msg: 'another reason' })}\n`;

describe('what a program says when it ends', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridseal-test-'));
  });
  after(() => rm(folder, { recursive: true }));

  const saying = async (...lines: (object | string)[]): Promise<string> => {
    const file = join(folder, 'service.log');
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    await writeFile(file, `${EARLIER}${text}\n`);
    return (await lastWords(file, EARLIER.length)).replace(file, 'FILE');
  };

  it('is the reason in words, not a line of its log', async () => {
    const ready = { level: 30, msg: 'PostgreSQL answers' };
    const why = { level: 60, err: { message: 'no such port: EACCES', stack: 'at …' }, msg: 'no such port' };
    assert.equal(await saying(ready, why, { level: 40, msg: 'stopping' }), 'no such port\n\nMore in FILE');
  });

  it('names the cause where the message does not', async () => {
    const why = {
      level: 60,
      err: { message: 'the database is behind' },
      msg: 'the log must not be continued',
    };
    assert.equal(await saying(why), 'the log must not be continued: the database is behind\n\nMore in FILE');
    assert.equal(await saying({ level: 60, msg: 'gone' }), 'gone\n\nMore in FILE');
  });

  it('is the end of its log where nothing fatal was logged', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    assert.equal(await saying(...lines), lines.slice(8).join('\n'));
  });
});
