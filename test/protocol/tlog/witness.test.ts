import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cosign,
  emptyRoot,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  NOTE_ALGORITHM,
  noteSignerFrom,
  parseAddCheckpoint,
  parseCosignatures,
  parseTlogSize,
  signNote,
  TlogError,
} from '../../../protocol/src/index.ts';

const log = noteSignerFrom('log.example/0', NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(1));
const witness = noteSignerFrom('witness.example/w1', NOTE_ALGORITHM.cosignature, new Uint8Array(32).fill(2));
const text = formatCheckpoint({ origin: 'log.example/0', size: 9n, root: emptyRoot() });
const checkpoint = formatNote({ text, signatures: [signNote(text, log)] });
const refused = (body: string): void => {
  assert.throws(
    () => parseAddCheckpoint(body),
    (error: unknown) => error instanceof TlogError && error.code === 'WitnessRequest',
  );
};
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a request to a witness', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.array(hash, { maxLength: 63 }),
        (oldSize, path) => {
          const request = { oldSize, path, checkpoint };
          assert.deepEqual(parseAddCheckpoint(formatAddCheckpoint(request)), request);
        },
      ),
    );
  });

  it('has the lines of C2SP tlog-witness', () => {
    const root = emptyRoot();
    const [first, second, empty] = formatAddCheckpoint({ oldSize: 8n, path: [root], checkpoint }).split('\n');
    assert.deepEqual([first, second, empty], ['old 8', Buffer.from(root).toString('base64'), '']);
  });

  for (const [name, body] of [
    ['nothing', ''],
    ['no old size', `\n${checkpoint}`],
    ['a leading zero', `old 01\n\n${checkpoint}`],
    ['a sign', `old -1\n\n${checkpoint}`],
    ['a hash of another length', `old 1\nAAAA\n\n${checkpoint}`],
    ['a line that is not base64', `old 1\n!\n\n${checkpoint}`],
    ['no empty line', 'old 1\n'],
  ] as const) {
    it(`is refused with ${name}`, () => {
      refused(body);
    });
  }

  it('is refused with more hashes than any log needs', () => {
    const path = Array.from({ length: 64 }, () => emptyRoot());
    assert.throws(() => formatAddCheckpoint({ oldSize: 1n, path, checkpoint }), TlogError);
  });
});

describe("a witness's answer", () => {
  const line = cosign(text, 7n, witness);
  const answer = formatNote({ text, signatures: [line] }).slice(text.length + 1);

  it('gives its signature lines, not those of the checkpoint', () => {
    assert.deepEqual(parseCosignatures(checkpoint, answer), [line]);
    assert.deepEqual(parseCosignatures(checkpoint, answer + answer), [line, line]);
    assert.deepEqual(parseCosignatures(checkpoint, ''), []);
  });

  it('is refused when it is no signature line, or smuggles another text in', () => {
    for (const wrong of ['hello\n', answer.slice(0, -1), `\n${answer}`, `${text}\n${answer}`])
      assert.throws(() => parseCosignatures(checkpoint, wrong), TlogError, JSON.stringify(wrong));
  });

  it('says a size in decimal and a newline, or nothing', () => {
    assert.equal(parseTlogSize('20852163\n'), 20_852_163n);
    assert.equal(parseTlogSize('0\n'), 0n);
    for (const wrong of ['', '5', '05\n', '5\n\n', '-5\n', '5 \n', `${'9'.repeat(20)}\n`])
      assert.equal(parseTlogSize(wrong), undefined, JSON.stringify(wrong));
  });
});
