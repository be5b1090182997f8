import { bytesToHex, type Hex } from 'viem';
import { seeded } from './fixture.ts';
import { cosignedLine, signatureLine, signedLine, verifierKeyOf, type Key } from './note-reference.ts';
import { logKey, witnessKey } from './notes.ts';
import { toBuffer } from './reference.ts';
import { cut, overwrite, refusal, type Vector } from './vector.ts';

type Checkpoint = { origin: string; size: string; root: Hex };

const base64 = (hex: Hex): string => toBuffer(hex).toString('base64');
const textOf = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64(root)}\n`;

const checkpoint: Checkpoint = { origin: logKey.name, size: '70000', root: seeded('root') };
const text = textOf(checkpoint);
const [origin, size, root] = text.trimEnd().split('\n') as [string, string, string];

const read = (name: string, change: Partial<Checkpoint> = {}): Vector => {
  const expected = { ...checkpoint, ...change };
  return { name, operation: 'parse', input: { text: textOf(expected) }, expected };
};
const unread = (name: string, changed: string): Vector =>
  refusal('parse', name, { text: changed }, 'CheckpointText');
const unwritten = (name: string, change: Partial<Checkpoint>): Vector =>
  refusal('format', name, { ...checkpoint, ...change }, 'CheckpointText');
const withSize = (changed: string): string => `${origin}\n${changed}\n${root}\n`;
const withRoot = (changed: string): string => `${origin}\n${size}\n${changed}\n`;

export const checkpointVectors: readonly Vector[] = [
  ...[checkpoint, { ...checkpoint, size: '0' }, { ...checkpoint, size: String(2n ** 63n - 1n) }].map(
    (each): Vector => ({
      name: `of size ${each.size}`,
      operation: 'format',
      input: each,
      expected: { text: textOf(each) },
    }),
  ),
  unwritten('no origin', { origin: '' }),
  unwritten('an origin of two lines', { origin: 'a\nb' }),
  unwritten('an origin with a space', { origin: 'a b' }),
  unwritten('an origin with a plus sign', { origin: 'a+b' }),
  unwritten('an origin with a control character', { origin: 'a\u0007b' }),
  unwritten('an origin with half a character', { origin: 'a\ud800' }),
  unwritten('size −1', { size: '-1' }),
  unwritten('size 2⁶³', { size: String(2n ** 63n) }),
  unwritten('a root of 31 bytes', { root: cut(checkpoint.root, 1) }),
  read('of size 70000'),
  read('of size 0', { size: '0' }),
  read('of the largest size', { size: String(2n ** 63n - 1n) }),
  read('of an origin with spaces, which others write', { origin: 'go.sum database tree' }),
  unread('nothing', ''),
  unread('two lines', `${origin}\n${size}\n`),
  unread('no origin', `\n${size}\n${root}\n`),
  unread('no newline at the end', text.trimEnd()),
  unread('an extension line', `${text}extension\n`),
  unread('an empty line', `${text}\n`),
  unread('a text before it', `\n${text}`),
  unread('lines swapped', `${origin}\n${root}\n${size}\n`),
  ...['', '+70000', '-0', '070000', '00', '7e4', '0x7', '70000 ', ' 70000', '70,000', '7.0', '٧'].map(
    (each) => unread(`size ${JSON.stringify(each)}`, withSize(each)),
  ),
  unread('size 2⁶³', withSize(String(2n ** 63n))),
  unread('size of twenty digits', withSize('1'.repeat(20))),
  unread('no root', withRoot('')),
  unread('a root of 31 bytes', withRoot(base64(cut(checkpoint.root, 1)))),
  unread('a root of 33 bytes', withRoot(base64(`${checkpoint.root}00`))),
  unread('a root without padding', withRoot(root.replace('=', ''))),
  unread('a root with padding twice', withRoot(`${root}=`)),
  unread('a root with bits that say nothing', withRoot(`${'A'.repeat(42)}B=`)),
  unread('a root of the URL alphabet', withRoot(`_${root.slice(1)}`)),
  unread('a root with a space before', withRoot(` ${root}`)),
  unread('a root in hexadecimal', withRoot(checkpoint.root.slice(2))),
];

const TIME = 1_767_225_600n;
const cosigned = cosignedLine(witnessKey, text, TIME);
const cosignedBytes = bytesToHex(Buffer.from(cosigned.split(' ')[2]!, 'base64'));
const witness = verifierKeyOf(witnessKey);
const lineOf = (bytes: Hex, name = witnessKey.name): string =>
  signatureLine(name, Buffer.alloc(0), toBuffer(bytes));

const written = (name: string, timestamp: bigint): Vector => ({
  name,
  operation: 'cosign',
  input: { text, timestamp: String(timestamp), key: { ...witnessKey } },
  expected: { note: `${text}\n${cosignedLine(witnessKey, text, timestamp)}` },
});
const unsigned = (
  name: string,
  change: { text?: string; timestamp?: string; key?: Key },
  code: string,
): Vector =>
  refusal('cosign', name, { text, timestamp: String(TIME), key: { ...witnessKey }, ...change }, code);
const verified = (
  name: string,
  line: string,
  timestamp: bigint | null,
  change: { text?: string; verifierKey?: string } = {},
): Vector => ({
  name,
  operation: 'verify',
  input: { note: `${change.text ?? text}\n${line}`, verifierKey: change.verifierKey ?? witness },
  expected: { timestamp: timestamp === null ? null : String(timestamp) },
});

export const cosignatureVectors: readonly Vector[] = [
  written('at the start of 2026', TIME),
  written('at the epoch', 0n),
  written('at the last time', 2n ** 63n - 1n),
  unsigned('before the epoch', { timestamp: '-1' }, 'CosignatureTime'),
  unsigned('beyond the last time', { timestamp: String(2n ** 63n) }, 'CosignatureTime'),
  unsigned('a text that is no checkpoint', { text: 'text\n' }, 'CheckpointText'),
  unsigned("a log's own key", { key: { ...logKey } }, 'VerifierKey'),
  verified('a cosignature', cosigned, TIME),
  verified('at the epoch', cosignedLine(witnessKey, text, 0n), 0n),
  verified('at the last time', cosignedLine(witnessKey, text, 2n ** 63n - 1n), 2n ** 63n - 1n),
  verified('beyond the last time', cosignedLine(witnessKey, text, 2n ** 63n), null),
  verified('another size', cosigned, null, { text: textOf({ ...checkpoint, size: '70001' }) }),
  verified('another root', cosigned, null, { text: textOf({ ...checkpoint, root: seeded('other') }) }),
  verified('another time', lineOf(overwrite(cosignedBytes, 11, '01')), null),
  verified('a bit of R changed', lineOf(overwrite(cosignedBytes, 12, 'ff')), null),
  verified('another key hash', lineOf(overwrite(cosignedBytes, 0, '00000000')), null),
  verified('another name', lineOf(cosignedBytes, 'witness.example/w2'), null),
  verified('the last byte left out', lineOf(cut(cosignedBytes, 0, -1)), null),
  verified('one byte more', lineOf(`${cosignedBytes}00`), null),
  verified('no time', signedLine(witnessKey, text), null),
  verified("by a log's own key", cosignedLine(logKey, text, TIME), null, {
    verifierKey: verifierKeyOf(logKey),
  }),
  verified('by another key', cosigned, null, {
    verifierKey: verifierKeyOf({ ...witnessKey, seed: seeded('another witness') }),
  }),
];

const note = `${text}\n${signedLine(logKey, text)}${cosigned}`;
const path = Array.from({ length: 17 }, (_, i) => seeded(`sibling ${i}`));
const longest = Array.from({ length: 63 }, (_, i) => seeded(`sibling ${i}`));
const linesOf = (index: string, hashes: readonly Hex[]): string =>
  ['c2sp.org/tlog-proof@v1', `index ${index}`, ...hashes.map(base64)].join('\n');
const proof = `${linesOf('4711', path)}\n\n${note}`;

const proven = (name: string, index: string, hashes: readonly Hex[]): Vector => ({
  name,
  operation: 'parse',
  input: { text: `${linesOf(index, hashes)}\n\n${note}` },
  expected: { index, path: hashes, checkpoint: note },
});
const unproven = (name: string, changed: string): Vector =>
  refusal('parse', name, { text: changed }, 'ProofText');
const unformatted = (name: string, change: { index?: string; path?: readonly Hex[] }): Vector =>
  refusal('format', name, { index: '4711', path, checkpoint: note, ...change }, 'ProofText');
const firstHash = base64(path[0]!);

export const proofVectors: readonly Vector[] = [
  proven('of an entry among 70,000', '4711', path),
  proven('of the only entry', '0', []),
  proven('of the last entry of the largest tree', String(2n ** 63n - 2n), longest),
  unformatted('index −1', { index: '-1' }),
  unformatted('index 2⁶³', { index: String(2n ** 63n) }),
  unformatted('a hash of 31 bytes', { path: [cut(path[0]!, 1)] }),
  unformatted('64 hashes', { path: [...longest, path[0]!] }),
  unproven('nothing', ''),
  unproven('another version', proof.replace('@v1', '@v2')),
  unproven('another first line', proof.replace('c2sp.org/', '')),
  unproven('a line before it', `\n${proof}`),
  unproven('extra data, which nothing would cover', proof.replace('index', 'extra AAAA\nindex')),
  unproven('no index', proof.replace('index 4711\n', '')),
  unproven('two indices', proof.replace('index 4711', 'index 4711\nindex 4711')),
  ...['04711', '+4711', '-1', '', '4711 ', ' 4711', '0x1267', '4.711e3'].map((index) =>
    unproven(`index ${JSON.stringify(index)}`, proof.replace('index 4711', `index ${index}`)),
  ),
  unproven('index 2⁶³', proof.replace('4711', String(2n ** 63n))),
  unproven('index in capitals', proof.replace('index', 'Index')),
  unproven('64 hashes', `${linesOf('4711', [...longest, path[0]!])}\n\n${note}`),
  unproven('a hash of 31 bytes', proof.replace(firstHash, base64(cut(path[0]!, 1)))),
  unproven('a hash without padding', proof.replace(firstHash, firstHash.replace('=', ''))),
  unproven('a hash with bits that say nothing', proof.replace(firstHash, `${'A'.repeat(42)}B=`)),
  unproven('a hash of the URL alphabet', proof.replace(firstHash, `-${firstHash.slice(1)}`)),
  unproven('a space after a hash', proof.replace(firstHash, `${firstHash} `)),
  unproven('carriage returns', proof.replaceAll('\n', '\r\n')),
  unproven('no empty line', `${linesOf('4711', path)}\n${note}`),
];
