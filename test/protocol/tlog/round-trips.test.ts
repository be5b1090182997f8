import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cosign,
  decodeEntryBundle,
  encodeEntryBundle,
  formatCheckpoint,
  formatNote,
  formatProof,
  formatVerifierKey,
  fromBase64,
  MAX_TREE_SIZE,
  NOTE_ALGORITHM,
  noteSignerFrom,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseTilePath,
  parseVerifierKey,
  signNote,
  spanOf,
  TILE_WIDTH,
  tilePath,
  toBase64,
  verifyCosignature,
  verifyNoteSignature,
  widthAt,
  type Tile,
} from '../../../protocol/src/index.ts';
import { bytesOf } from '../arbitraries.ts';

const sizes = fc.bigInt({ min: 0n, max: MAX_TREE_SIZE - 1n });
const names = fc.stringMatching(/^[a-z0-9./-]{1,30}$/u);
const checkpoints = fc.record({ origin: names, size: sizes, root: bytesOf(32) }, { noNullPrototype: true });
const tiles: fc.Arbitrary<Tile> = fc.record(
  {
    level: fc.oneof(fc.constant('entries' as const), fc.nat({ max: 63 })),
    index: fc.oneof(sizes, fc.bigInt({ min: 0n, max: 2000n })),
    width: fc.integer({ min: 1, max: TILE_WIDTH }),
  },
  { noNullPrototype: true },
);

describe('base64', () => {
  it('agrees with Buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        assert.equal(toBase64(bytes), text);
        assert.deepEqual(fromBase64(text), bytes);
      }),
    );
  });

  it('reads no text that it would not write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9+/]{0,9}={0,3}$/u)), (text) => {
        const bytes = fromBase64(text);
        assert.ok(bytes === undefined || toBase64(bytes) === text);
      }),
    );
  });
});

describe('a tile', () => {
  it('is found again by its path', () => {
    fc.assert(fc.property(tiles, (tile) => assert.deepEqual(parseTilePath(tilePath(tile)), tile)));
  });

  it('has a node that is in the tree, whole', () => {
    const nodes = fc.record({
      size: sizes,
      level: fc.nat({ max: 62 }),
      place: fc.bigInt({ min: 0n, max: MAX_TREE_SIZE }),
    });
    fc.assert(
      fc.property(nodes, ({ size, level, place }) => {
        const count = size >> BigInt(level);
        fc.pre(count > 0n);
        const span = spanOf({ level, index: place % count });
        assert.equal(span.end - span.start, 2 ** (level % 8));
        assert.ok(span.end <= widthAt(span.level, span.index, size));
      }),
    );
  });

  it('is full, or the last of its level', () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 7 }), (size, level) => {
        const hashes = size >> BigInt(8 * level);
        const last = hashes / 256n;
        assert.equal(widthAt(level, last, size), Number(hashes % 256n));
        assert.equal(widthAt(level, last + 1n, size), 0);
        if (last > 0n) assert.equal(widthAt(level, last - 1n, size), TILE_WIDTH);
      }),
    );
  });
});

describe('an entry bundle', () => {
  it('gives back its entries', () => {
    const bundles = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: TILE_WIDTH });
    fc.assert(
      fc.property(bundles, (entries) =>
        assert.deepEqual(decodeEntryBundle(encodeEntryBundle(entries)), entries),
      ),
    );
  });

  it('is written back byte by byte, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          assert.deepEqual(encodeEntryBundle(decodeEntryBundle(bytes)), bytes);
        } catch (error) {
          assert.match((error as { code: string }).code, /^(?:EntryBundle|Truncated)$/u);
        }
      }),
    );
  });
});

describe('a signed checkpoint', () => {
  it('is read back, and verifies under the keys that signed it', () => {
    fc.assert(
      fc.property(checkpoints, bytesOf(32), names, sizes, (checkpoint, seed, witnessName, time) => {
        const log = noteSignerFrom(checkpoint.origin, NOTE_ALGORITHM.ed25519, seed);
        const witness = noteSignerFrom(witnessName, NOTE_ALGORITHM.cosignature, seed);
        const text = formatCheckpoint(checkpoint);
        const note = parseNote(
          formatNote({ text, signatures: [signNote(text, log), cosign(text, time, witness)] }),
        );
        assert.deepEqual(parseCheckpoint(note.text), checkpoint);
        const keys = [log, witness].map(({ verifierKey }) =>
          parseVerifierKey(formatVerifierKey(verifierKey)),
        );
        assert.deepEqual(keys, [log.verifierKey, witness.verifierKey]);
        assert.ok(verifyNoteSignature(note.text, note.signatures[0]!, keys[0]!));
        assert.equal(verifyCosignature(note.text, note.signatures[1]!, keys[1]!), time);
      }),
      { numRuns: 30 },
    );
  });

  it('has no other text: a changed character is refused or not signed', () => {
    const signer = noteSignerFrom('log.example/0', NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(5));
    const text = formatCheckpoint({ origin: 'log.example/0', size: 4711n, root: new Uint8Array(32).fill(9) });
    const note = formatNote({ text, signatures: [signNote(text, signer)] });
    for (let at = 0; at < note.length; at += 1) {
      const changed = note.slice(0, at) + String.fromCharCode(note.charCodeAt(at) ^ 1) + note.slice(at + 1);
      assert.equal(accepts(changed), false, JSON.stringify(changed));
    }

    function accepts(candidate: string): boolean {
      try {
        const parsed = parseNote(candidate);
        parseCheckpoint(parsed.text);
        return parsed.signatures.some((line) => verifyNoteSignature(parsed.text, line, signer.verifierKey));
      } catch (error) {
        assert.match((error as Error).name, /^TlogError$/u);
        return false;
      }
    }
  });

  it('is not signed where its reader would find it too long', () => {
    const signer = noteSignerFrom('x', NOTE_ALGORITHM.ed25519, new Uint8Array(32));
    const text = `${'a'.repeat(999_999)}\n`;
    const line = signNote(text, signer);
    assert.throws(() => signNote(`a${text}`, signer), { code: 'NoteText' });
    assert.throws(() => formatNote({ text, signatures: [line] }), { code: 'NoteText' });
    assert.throws(() => parseNote(`${text}\n— x AAAAAAA=\n`), { code: 'NoteText' });
  });

  it('is not written with signature lines that its reader would refuse', () => {
    const text = 'text\n';
    const write = (name: string, signature: Uint8Array) => () =>
      formatNote({ text, signatures: [{ name, keyHash: 1, signature }] });
    assert.throws(write('x', new Uint8Array(0)), { code: 'NoteSignatureLine' });
    assert.throws(write('x\n— y', new Uint8Array(64)), { code: 'NoteSignatureLine' });
    assert.throws(write('x y', new Uint8Array(64)), { code: 'NoteSignatureLine' });
    assert.throws(() => formatNote({ text, signatures: [] }), { code: 'NoteText' });
    const line = { name: 'x', keyHash: 1, signature: new Uint8Array(64) };
    assert.throws(() => formatNote({ text, signatures: Array.from({ length: 101 }, () => line) }), {
      code: 'NoteText',
    });
  });

  it('is verified by no key of the wrong kind, though the bytes would verify', () => {
    const seed = new Uint8Array(32).fill(3);
    const text = formatCheckpoint({ origin: 'x', size: 1n, root: new Uint8Array(32) });
    const log = noteSignerFrom('x', NOTE_ALGORITHM.ed25519, seed);
    const witness = noteSignerFrom('x', NOTE_ALGORITHM.cosignature, seed);
    const { keyHash } = witness.verifierKey;
    assert.equal(verifyNoteSignature(text, { ...signNote(text, log), keyHash }, witness.verifierKey), false);
    const cosigned = { ...cosign(text, 7n, witness), keyHash: log.verifierKey.keyHash };
    assert.equal(verifyCosignature(text, cosigned, log.verifierKey), undefined);
  });
});

describe('a proof', () => {
  it('is read back', () => {
    const proofs = fc.record(
      { index: sizes, path: fc.array(bytesOf(32), { maxLength: 63 }), checkpoint: fc.string() },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(proofs, (proof) => assert.deepEqual(parseProof(formatProof(proof)), proof)));
  });
});
