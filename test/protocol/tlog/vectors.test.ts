import assert from 'node:assert/strict';
import {
  cosign,
  decodeEntryBundle,
  encodeEntryBundle,
  formatCheckpoint,
  formatNote,
  formatProof,
  formatVerifierKey,
  fromHex,
  noteSignerFrom,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseTilePath,
  parseVerifierKey,
  signNote,
  spanOf,
  tilePath,
  verifierKeyOf,
  verifyCosignature,
  verifyNoteSignature,
  widthAt,
  type NoteAlgorithm,
  type NoteSigner,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';

// Whatever is parsed is written again and compared: each of these formats has one text for one meaning.

type KeyJson = { name: string; algorithm: NoteAlgorithm; seed: string };
const signerFrom = ({ name, algorithm, seed }: KeyJson): NoteSigner =>
  noteSignerFrom(name, algorithm, fromHex(seed));

runVectors('tiles.json', {
  path: ({ path }) => {
    const tile = parseTilePath(path);
    assert.equal(tilePath(tile), path);
    return tile;
  },
  'write path': (tile) => tilePath({ ...tile, index: BigInt(tile.index) }),
  width: ({ level, index, size }) => ({ width: widthAt(level, BigInt(index), BigInt(size)) }),
  span: ({ level, index }) => spanOf({ level, index: BigInt(index) }),
  'entry bundle': ({ bundle }) => {
    const bytes = fromHex(bundle);
    const entries = decodeEntryBundle(bytes);
    assert.deepEqual(encodeEntryBundle(entries), bytes);
    return { entries };
  },
  'write entry bundle': ({ lengths }: { lengths: number[] }) => ({
    length: encodeEntryBundle(lengths.map((length) => new Uint8Array(length))).length,
  }),
});

runVectors('note.json', {
  'verifier key': ({ name, algorithm, publicKey }) => {
    const key = verifierKeyOf(name, algorithm, fromHex(publicKey));
    return { text: formatVerifierKey(key), keyHash: key.keyHash };
  },
  'parse verifier key': ({ text }) => {
    const { keyHash, ...key } = parseVerifierKey(text);
    assert.equal(formatVerifierKey({ ...key, keyHash }), text);
    return key;
  },
  sign: ({ text, key }) => ({ note: formatNote({ text, signatures: [signNote(text, signerFrom(key))] }) }),
  open: ({ note, verifierKeys }: { note: string; verifierKeys: string[] }) => {
    const keys = verifierKeys.map((key) => parseVerifierKey(key));
    const { text, signatures } = parseNote(note);
    assert.equal(formatNote({ text, signatures }), note);
    const signedBy = signatures.map((line) => {
      const signer = keys.findIndex((key) => verifyNoteSignature(text, line, key));
      return signer < 0 ? null : signer;
    });
    return { text, signedBy };
  },
});

runVectors('checkpoint.json', {
  format: ({ origin, size, root }) => ({
    text: formatCheckpoint({ origin, size: BigInt(size), root: fromHex(root) }),
  }),
  parse: ({ text }) => parseCheckpoint(text),
});

runVectors('cosignature.json', {
  cosign: ({ text, timestamp, key }) => ({
    note: formatNote({ text, signatures: [cosign(text, BigInt(timestamp), signerFrom(key))] }),
  }),
  verify: ({ note, verifierKey }) => {
    const { text, signatures } = parseNote(note);
    return { timestamp: verifyCosignature(text, signatures[0]!, parseVerifierKey(verifierKey)) };
  },
});

runVectors('proof.json', {
  parse: ({ text }) => {
    const proof = parseProof(text);
    assert.equal(formatProof(proof), text);
    return proof;
  },
  format: ({ index, path, checkpoint }: { index: string; path: string[]; checkpoint: string }) =>
    formatProof({ index: BigInt(index), path: path.map((hash) => fromHex(hash)), checkpoint }),
});
