import { ed25519 } from '@noble/curves/ed25519.js';
import { concat, toHex, utf8 } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { TlogError } from './errors.ts';

/** Signature types of C2SP signed-note that this package verifies. */
export const NOTE_ALGORITHM = { ed25519: 0x01, cosignature: 0x04 } as const;
export type NoteAlgorithm = (typeof NOTE_ALGORITHM)[keyof typeof NOTE_ALGORITHM];

/** A C2SP verifier key: `<name>+<hex key hash>+<base64(algorithm ‖ public key)>`. */
export type VerifierKey = {
  readonly name: string;
  readonly algorithm: NoteAlgorithm;
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** First four bytes of `SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)`, big-endian. */
  readonly keyHash: number;
};

/** One signature line: `— <name> <base64(key hash ‖ signature)>`. */
export type NoteSignature = {
  readonly name: string;
  readonly keyHash: number;
  /** What follows the key hash; its form is the algorithm's. */
  readonly signature: Uint8Array;
};

/** A signed note (C2SP signed-note): a text that ends in a newline, and its signature lines. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** Signs a message with a note key; `verifierKey` is what verifiers know it by. */
export type NoteSigner = {
  readonly verifierKey: VerifierKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

const MAX_NOTE_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;
const NAME = /^[^\p{White_Space}\p{Cc}\p{Cs}+]+$/u;
const VERIFIER_KEY = /^(?<name>[^\p{White_Space}+]+)\+(?<hash>[0-9a-f]{8})\+(?<key>[A-Za-z0-9+/=]+)$/u;
const SIGNATURE_LINE = /^— (?<name>[^\p{White_Space}+]+) (?<value>[A-Za-z0-9+/=]+)$/u;

function keyHashOf(
  name: string,
  algorithm: NoteAlgorithm,
  publicKey: Uint8Array,
  primitives: Primitives,
): number {
  const hash = primitives.sha256(concat(utf8(`${name}\n`), Uint8Array.of(algorithm), publicKey));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
}

/**
 * A verifier key for a name and an Ed25519 public key.
 *
 * @throws TlogError `VerifierKey`
 * @example formatVerifierKey(verifierKeyOf('log.example/1', NOTE_ALGORITHM.ed25519, publicKey))
 */
export function verifierKeyOf(
  name: string,
  algorithm: NoteAlgorithm,
  publicKey: Uint8Array,
  primitives: Primitives = portable,
): VerifierKey {
  if (!NAME.test(name))
    throw new TlogError('VerifierKey', 'a name without spaces, control characters and plus signs');
  if (publicKey.length !== 32) throw new TlogError('VerifierKey', 'an Ed25519 public key of 32 bytes');
  requirePrimeOrder(publicKey);
  return { name, algorithm, publicKey, keyHash: keyHashOf(name, algorithm, publicKey, primitives) };
}

/**
 * Text form of a verifier key, as `/log/key` serves it.
 *
 * @example formatVerifierKey(signer.verifierKey) // 'log.example/1+5a2e6ebb+AXBC…'
 */
export function formatVerifierKey({ name, algorithm, publicKey, keyHash }: VerifierKey): string {
  const hash = keyHash.toString(16).padStart(8, '0');
  return `${name}+${hash}+${toBase64(concat(Uint8Array.of(algorithm), publicKey))}`;
}

/**
 * Parses a verifier key and checks its key hash. A key has one text: parsing and formatting again gives the same.
 *
 * @throws TlogError `VerifierKey`
 * @example parseVerifierKey(await (await fetch(`${log}/key`)).text())
 */
export function parseVerifierKey(text: string, primitives: Primitives = portable): VerifierKey {
  const parts = VERIFIER_KEY.exec(text)?.groups;
  const key = fromBase64(parts?.key ?? '!');
  const algorithm = key?.[0];
  if (parts === undefined || key === undefined) {
    throw new TlogError('VerifierKey', '<name>+<8 hex digits>+<base64>');
  }
  if (algorithm !== NOTE_ALGORITHM.ed25519 && algorithm !== NOTE_ALGORITHM.cosignature) {
    throw new TlogError('VerifierKey', 'an Ed25519 note key (type 1) or cosignature key (type 4)');
  }
  const verifierKey = verifierKeyOf(parts.name ?? '', algorithm, key.subarray(1), primitives);
  if (formatVerifierKey(verifierKey) !== text) {
    throw new TlogError('VerifierKey', `key hash ${verifierKey.keyHash.toString(16).padStart(8, '0')}`);
  }
  return verifierKey;
}

/** Keys that were found good: a log and its witnesses have few, and each stands in every bundle. */
const primeOrder = new Set<string>();
const MAX_KNOWN = 256;

/**
 * A key with a part of small order makes signatures that verifiers differ on: those that multiply by the cofactor accept
 * them, Go's crypto/ed25519 (sumdb/note, Tessera, Sunlight, litewitness) and OpenSSL refuse most of them.
 */
function requirePrimeOrder(publicKey: Uint8Array): void {
  const name = toHex(publicKey);
  if (primeOrder.has(name)) return;
  if (!isOfPrimeOrder(publicKey))
    throw new TlogError('VerifierKey', 'an Ed25519 public key of prime order, in its one encoding');
  if (primeOrder.size >= MAX_KNOWN) primeOrder.clear();
  primeOrder.add(name);
}

function isOfPrimeOrder(publicKey: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(publicKey);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false; // No point of the curve.
  }
}

function requireText(text: string): void {
  if (text.length > MAX_NOTE_LENGTH) throw new TlogError('NoteText', `at most ${MAX_NOTE_LENGTH} characters`);
  // eslint-disable-next-line no-control-regex -- the format forbids exactly these
  if (/[\u0000-\u0009\u000B-\u001F]/u.test(text)) {
    throw new TlogError('NoteText', 'no control characters but newlines');
  }
  if (!text.isWellFormed()) throw new TlogError('NoteText', 'well-formed Unicode');
  if (!text.endsWith('\n')) throw new TlogError('NoteText', 'a newline at the end');
}

/**
 * Text of a note.
 *
 * @throws TlogError `NoteText`, `NoteSignatureLine` for what {@link parseNote} would refuse
 * @example formatNote({ text, signatures: [signNote(text, signer)] })
 */
export function formatNote({ text, signatures }: Note): string {
  requireText(text);
  if (signatures.length < 1 || signatures.length > MAX_SIGNATURES) {
    throw new TlogError('NoteText', `1 to ${MAX_SIGNATURES} signatures`);
  }
  const note = `${text}\n${signatures.map((line) => `${formatSignatureLine(line)}\n`).join('')}`;
  requireText(note);
  return note;
}

function formatSignatureLine({ name, keyHash, signature }: NoteSignature): string {
  const hash = new Uint8Array(4);
  new DataView(hash.buffer).setUint32(0, keyHash);
  const line = `— ${name} ${toBase64(concat(hash, signature))}`;
  parseSignatureLine(line);
  return line;
}

/**
 * Parses a note. There is one text for a note: parsing and formatting again gives the same bytes.
 *
 * @throws TlogError `NoteText`, `NoteSignatureLine`
 * @example const { text, signatures } = parseNote(checkpoint)
 */
export function parseNote(note: string): Note {
  requireText(note);
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || split + 2 === note.length) {
    throw new TlogError('NoteText', 'a text, an empty line, and signature lines that each end in a newline');
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new TlogError('NoteText', `at most ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): NoteSignature {
  const groups = SIGNATURE_LINE.exec(line)?.groups;
  const bytes = fromBase64(groups?.value ?? '!');
  if (groups === undefined || bytes === undefined || bytes.length < 5) {
    throw new TlogError('NoteSignatureLine', '"— <name> <base64 of key hash and signature>"');
  }
  return {
    name: groups.name ?? '',
    keyHash: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0),
    signature: bytes.slice(4),
  };
}

/**
 * Whether a signature line names this key. A name and a hash may match and the signature still fail.
 *
 * @example const key = known.find((candidate) => isByKey(line, candidate))
 */
export function isByKey(line: NoteSignature, key: VerifierKey): boolean {
  return line.name === key.name && line.keyHash === key.keyHash;
}

/**
 * Whether an Ed25519 (type 1) signature line verifies over the note's text under a key that it names. Lines of other keys
 * say nothing: a reader passes over them.
 *
 * @example note.signatures.some((line) => verifyNoteSignature(note.text, line, logKey))
 */
export function verifyNoteSignature(
  text: string,
  line: NoteSignature,
  key: VerifierKey,
  primitives: Primitives = portable,
): boolean {
  return (
    key.algorithm === NOTE_ALGORITHM.ed25519 &&
    isByKey(line, key) &&
    line.signature.length === 64 &&
    primitives.verifyEd25519(key.publicKey, utf8(text), line.signature)
  );
}

/**
 * Signs a text; the signature line carries the signer's name and key hash.
 *
 * @throws TlogError `VerifierKey` for a key of another type, whose signatures mean something else; `NoteText`
 * @example signNote(formatCheckpoint(checkpoint), signer)
 */
export function signNote(text: string, signer: NoteSigner): NoteSignature {
  if (signer.verifierKey.algorithm !== NOTE_ALGORITHM.ed25519) {
    throw new TlogError('VerifierKey', 'an Ed25519 note key (type 1)');
  }
  requireText(text);
  const { name, keyHash } = signer.verifierKey;
  return { name, keyHash, signature: signer.sign(utf8(text)) };
}

/**
 * A signer from an Ed25519 seed, 32 bytes.
 *
 * @throws TlogError `VerifierKey`
 * @example noteSignerFrom('log.example/1', NOTE_ALGORITHM.ed25519, seed)
 */
export function noteSignerFrom(name: string, algorithm: NoteAlgorithm, seed: Uint8Array): NoteSigner {
  const verifierKey = verifierKeyOf(name, algorithm, ed25519.getPublicKey(seed));
  return { verifierKey, sign: (message) => ed25519.sign(message, seed) };
}
