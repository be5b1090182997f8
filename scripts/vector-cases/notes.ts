import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, type Hex } from 'viem';
import { seeded } from './fixture.ts';
import {
  keyHash,
  publicKeyOf,
  signatureLine,
  signedLine,
  verifierKey,
  verifierKeyOf,
  type Key,
} from './note-reference.ts';
import { toBuffer } from './reference.ts';
import { cut, overwrite, refusal, type Json, type Vector } from './vector.ts';

export const logKey: Key = { name: 'log.example/meters/0', algorithm: 1, seed: seeded('log note key') };
export const witnessKey: Key = { name: 'witness.example/w1', algorithm: 4, seed: seeded('witness key') };
const stranger: Key = { name: 'stranger.example', algorithm: 1, seed: seeded('stranger') };
const publicKey = publicKeyOf(logKey.seed);
const logVerifier = verifierKeyOf(logKey);

/** A text with an empty line, one that looks like a signature, and characters beyond ASCII. */
const TEXT = '电表 5 — station five\n\n— log.example/meters/0 AAAAAAAA\nreads 4711 Wh\n';
const line = signedLine(logKey, TEXT);
const strangerLine = signedLine(stranger, TEXT);
const encoded = line.split(' ')[2]!.trimEnd();
const bytes = bytesToHex(Buffer.from(encoded, 'base64'));
const lineOf = (signature: Hex, name = logKey.name): string =>
  `— ${name} ${toBuffer(signature).toString('base64')}\n`;

const keyJson = (key: Key): Json => ({ ...key });

const names = ['log.example/meters/0', 'x', '站.example', '\ufeff', 'a—b'];
const refusedNames: readonly [name: string, value: string][] = [
  ['empty', ''],
  ['with a plus sign', 'log+example'],
  ['with a space', 'log example'],
  ['with a newline', 'log\nexample'],
  ['with a no-break space', 'log\u00a0example'],
  ['with a next-line character', 'log\u0085example'],
  ['with an ideographic space', 'log\u3000example'],
  ['with a NUL', 'log\u0000example'],
  ['with half a character', 'log\ud800'],
];

const keyed = (name: string): Vector => ({
  name: `of ${JSON.stringify(name)}`,
  operation: 'verifier key',
  input: { name, algorithm: 1, publicKey: bytesToHex(publicKey) },
  expected: { text: verifierKey(name, 1, publicKey), keyHash: keyHash(name, 1, publicKey).readUInt32BE() },
});

const [, hash, material] = logVerifier.split('+') as [string, string, string];
const withMaterial = (changed: Buffer): string =>
  `${logKey.name}+${keyHash(logKey.name, changed[0]!, changed.subarray(1)).toString('hex')}+${changed.toString('base64')}`;
/** Points of the curve that are no keys. */
const smallOrder = (
  [
    ['order 1', `01${'00'.repeat(31)}`],
    ['order 2', `ec${'ff'.repeat(30)}7f`],
    ['order 4', '00'.repeat(32)],
    ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['order 8, another', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ] as const
).map(([order, hex]) => ({ name: `a point of ${order}`, point: Buffer.from(hex, 'hex') }));
const withTorsion = (torsion: Uint8Array): Uint8Array =>
  ed25519.Point.fromBytes(publicKey).add(ed25519.Point.fromBytes(torsion)).toBytes();

const refusedKeys: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['a name alone', logKey.name],
  ['no material', `${logKey.name}+${hash}+`],
  ['no name', `+${hash}+${material}`],
  ['another name', `other.example+${hash}+${material}`],
  ['another hash', `${logKey.name}+00000000+${material}`],
  ['a hash in capitals', `${logKey.name}+${hash.toUpperCase()}+${material}`],
  ['a hash of 7 digits', `${logKey.name}+${hash.slice(1)}+${material}`],
  ['material without padding', `${logKey.name}+${hash}+${material.replace(/=+$/u, '')}`],
  ['material of the URL alphabet', `${logKey.name}+${hash}+${material.replace(/[A-Z]/u, '_')}`],
  ['a newline after it', `${logVerifier}\n`],
  ['a space before it', ` ${logVerifier}`],
  ['algorithm 2', withMaterial(Buffer.concat([Buffer.of(2), publicKey]))],
  ['algorithm 6', withMaterial(Buffer.concat([Buffer.of(6), publicKey]))],
  ['a public key of 31 bytes', withMaterial(Buffer.concat([Buffer.of(1), publicKey.subarray(1)]))],
  ['a public key of 33 bytes', withMaterial(Buffer.concat([Buffer.of(1), publicKey, Buffer.of(0)]))],
  ['an algorithm without a key', withMaterial(Buffer.of(1))],
  ...[1, 4].flatMap((algorithm): [name: string, text: string][] => [
    ...smallOrder.map(({ name, point }): [name: string, text: string] => [
      `type ${algorithm}, ${name}`,
      withMaterial(Buffer.concat([Buffer.of(algorithm), point])),
    ]),
    ...smallOrder
      .slice(1)
      .map(({ name, point }): [name: string, text: string] => [
        `type ${algorithm}, ${name} added to a good one`,
        withMaterial(Buffer.concat([Buffer.of(algorithm), withTorsion(point)])),
      ]),
  ]),
];

const parsed = (name: string, key: Key): Vector => ({
  name,
  operation: 'parse verifier key',
  input: { text: verifierKeyOf(key) },
  expected: { name: key.name, algorithm: key.algorithm, publicKey: bytesToHex(publicKeyOf(key.seed)) },
});

const opened = (
  name: string,
  lines: readonly string[],
  signedBy: readonly (number | null)[],
  change: { text?: string; keys?: readonly string[] } = {},
): Vector => {
  const text = change.text ?? TEXT;
  const verifierKeys = change.keys ?? [logVerifier, verifierKeyOf(witnessKey)];
  return {
    name,
    operation: 'open',
    input: { note: `${text}\n${lines.join('')}`, verifierKeys },
    expected: { text, signedBy },
  };
};
const malformed = (name: string, note: string, code = 'NoteSignatureLine'): Vector =>
  refusal('open', name, { note, verifierKeys: [logVerifier] }, code);
const malformedLine = (name: string, changed: string): Vector => malformed(name, `${TEXT}\n${changed}`);

const signed = (name: string, text: string): Vector => ({
  name,
  operation: 'sign',
  input: { text, key: keyJson(logKey) },
  expected: { note: `${text}\n${signedLine(logKey, text)}` },
});
const unsigned = (name: string, text: string): Vector =>
  refusal('sign', name, { text, key: keyJson(logKey) }, 'NoteText');

export const noteVectors: readonly Vector[] = [
  ...names.map(keyed),
  ...refusedNames.map(([name, value]) =>
    refusal(
      'verifier key',
      `name ${name}`,
      { name: value, algorithm: 1, publicKey: bytesToHex(publicKey) },
      'VerifierKey',
    ),
  ),
  refusal(
    'verifier key',
    'a public key of 31 bytes',
    { name: 'x', algorithm: 1, publicKey: bytesToHex(publicKey.subarray(1)) },
    'VerifierKey',
  ),
  parsed('of a log', logKey),
  parsed('of a witness', witnessKey),
  ...refusedKeys.map(([name, text]) => refusal('parse verifier key', name, { text }, 'VerifierKey')),

  signed('a text with empty lines and a line like a signature', TEXT),
  signed('an empty line', '\n'),
  signed('a delete character, which is no control character of the format', 'a\u007fb\n'),
  unsigned('no text', ''),
  unsigned('no newline at the end', 'text'),
  unsigned('a tab', 'a\tb\n'),
  unsigned('a carriage return', 'text\r\n'),
  unsigned('half a character', 'a\ud800b\n'),
  refusal(
    'sign',
    'a witness key, whose signatures mean something else',
    { text: TEXT, key: keyJson(witnessKey) },
    'VerifierKey',
  ),

  opened('one signature', [line], [0]),
  opened('a signature of an unknown key before', [strangerLine, line], [null, 0]),
  opened('an unknown key only', [strangerLine], [null]),
  opened('the same signature twice', [line, line], [0, 0]),
  opened('no known keys', [line], [null], { keys: [] }),
  opened('another text', [line], [null], { text: TEXT.replace('4711', '4712') }),
  opened('the known name with an unknown hash', [lineOf(overwrite(bytes, 0, '00000000'))], [null]),
  opened('the known hash under another name', [lineOf(bytes, 'other.example')], [null]),
  opened('a known key and a bit of R changed', [lineOf(overwrite(bytes, 4, 'ff'))], [null]),
  opened('a known key and S beyond the group order', [lineOf(overwrite(bytes, 67, 'ff'))], [null]),
  opened('a signature of 63 bytes', [lineOf(cut(bytes, 0, -1))], [null]),
  opened('a signature of 65 bytes', [lineOf(`${bytes}00`)], [null]),
  opened('a signature of 1 byte', [lineOf(cut(bytes, 0, 5))], [null]),
  opened('a plain signature by a witness key', [signedLine(witnessKey, TEXT)], [null]),
  opened('an empty line between signatures: the first one is text', [strangerLine], [null], {
    text: `${TEXT}\n${line}`,
  }),
  opened(
    'one hundred signatures',
    Array.from({ length: 100 }, () => strangerLine),
    Array.from({ length: 100 }, () => null),
  ),
  malformed('one hundred and one signatures', `${TEXT}\n${strangerLine.repeat(101)}`, 'NoteText'),

  malformed('nothing', '', 'NoteText'),
  malformed('no signatures', `${TEXT}\n`, 'NoteText'),
  malformed('no empty line', `text\n${line}`, 'NoteText'),
  malformed('no newline at the end', `${TEXT}\n${line.trimEnd()}`, 'NoteText'),
  malformed('a carriage return at the end', `${TEXT}\n${line.trimEnd()}\r\n`, 'NoteText'),
  malformed('a NUL in the text', `a\u0000b\n\n${line}`, 'NoteText'),
  malformed('half a character', `\udc00\n\n${line}`, 'NoteText'),
  malformedLine('a hyphen for the dash', line.replace('—', '-')),
  malformedLine('no dash', line.slice(2)),
  malformedLine('a space before the dash', ` ${line}`),
  malformedLine('a space after the signature', line.replace('\n', ' \n')),
  malformedLine('two spaces after the name', line.replace(`${logKey.name} `, `${logKey.name}  `)),
  malformedLine('no name', line.replace(`${logKey.name} `, '')),
  malformedLine('a name with a plus sign', line.replace('log', 'log+')),
  malformedLine('a name with a no-break space', line.replace('log', 'log\u00a0')),
  malformedLine('no signature', `— ${logKey.name}\n`),
  malformedLine('a key hash alone', signatureLine(logKey.name, toBuffer(cut(bytes, 0, 4)), Buffer.alloc(0))),
  malformedLine('base64 without padding', line.replace(/=+\n$/u, '\n')),
  malformedLine('base64 with bits that say nothing', `— ${logKey.name} AAAAAAB=\n`),
  malformedLine('base64 of the URL alphabet', `— ${logKey.name} AAAA-_AA\n`),
  malformedLine('a second line that is none', `${line}text\n`),
];
