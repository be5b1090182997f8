import { concatHex, type Hex } from 'viem';
import { seeded } from './fixture.ts';
import { blocks, columnar, levels, readingsRoot, sha256, toBuffer, type ReadingFields } from './reference.ts';
import { cut, overwrite, refusal, type Json, type Vector } from './vector.ts';

export const batchKey = seeded('batch key');
const START = 1_767_225_600_000;

/** Readings of one channel, one a second. */
export function ramp(count: number): ReadingFields[] {
  return Array.from({ length: count }, (_, i) => ({
    timeMs: String(START + 1000 * i),
    channel: 1,
    quality: 8,
    value: String(2500 + ((i * i) % 17)),
  }));
}

const twoChannels: ReadingFields[] = [
  { timeMs: '0', channel: 0, quality: 0, value: '0' },
  { timeMs: '18446744073709551615', channel: 0, quality: 4294967295, value: '9223372036854775807' },
  { timeMs: '1767225600000', channel: 7, quality: 0, value: '-9223372036854775808' },
  { timeMs: '1767225600900', channel: 7, quality: 0, value: '9223372036854775807' },
  { timeMs: '1767225602000', channel: 7, quality: 2, value: '-1' },
  { timeMs: '1767225602000', channel: 2147483648, quality: 0, value: '1250' },
  { timeMs: '1767225602000', channel: 4294967295, quality: 0, value: '-42' },
];

function committed(name: string, readings: readonly ReadingFields[]): Vector {
  const salted = blocks(batchKey, readings);
  const treeRoot = levels(salted.map((block) => sha256(block))).at(-1)![0]!;
  return {
    name,
    operation: 'commit',
    input: { batchKey, readings },
    expected: {
      blocks: concatHex(salted),
      root: readingsRoot(treeRoot, readings.length),
      columnar: columnar(readings),
    },
  };
}

type Opened = { root: Hex; count: number; index: number; block: Hex; path: readonly Hex[] };

function opened(readings: readonly ReadingFields[], index: number): Opened {
  const salted = blocks(batchKey, readings);
  const tree = levels(salted.map((block) => sha256(block)));
  const path = tree.slice(0, -1).map((level, height) => level[(index >> height) ^ 1]!);
  return {
    root: readingsRoot(tree.at(-1)![0]!, readings.length),
    count: readings.length,
    index,
    block: salted[index]!,
    path,
  };
}

function disclosed(name: string, readings: readonly ReadingFields[], index: number): Vector {
  return { name, operation: 'disclosure', input: opened(readings, index), expected: readings[index]! };
}

function refusedOpening(name: string, change: Partial<Opened>, code: string, field: string): Vector {
  return refusal('disclosure', name, { ...opened(ramp(6), 4), ...change }, code, field);
}

const one = opened(ramp(1), 0);
const five = opened(ramp(6), 4);
const tree = levels(blocks(batchKey, ramp(6)).map((block) => sha256(block)));
const firstPair = concatHex([tree[0]![0]!, tree[0]![1]!]);

function refusedReadings(name: string, readings: readonly object[], code: string, field: string): Vector {
  return refusal('commit', name, { batchKey, readings } as unknown as Json, code, field);
}

const plain = columnar(ramp(3));

function refusedColumns(name: string, bytes: readonly number[] | Hex, code: string, field: string): Vector {
  const hex = typeof bytes === 'string' ? bytes : (`0x${Buffer.from(bytes).toString('hex')}` as const);
  return refusal('columnar', name, { columnar: hex }, code, `columnar${field}`);
}

const tenBytes = (last: number): number[] => [...Array<number>(9).fill(0xff), last];

export const readingsVectors: readonly Vector[] = [
  ...[1, 2, 3, 4, 5, 60, 64, 65].map((count) => committed(`${count} readings of one channel`, ramp(count))),
  committed('several channels, extremes of every field', twoChannels),
  disclosed('the only reading', ramp(1), 0),
  disclosed('the first of six', ramp(6), 0),
  disclosed('the fifth of six, beside padding', ramp(6), 4),
  disclosed('the last of six', ramp(6), 5),
  disclosed('a summary', twoChannels, 5),
  disclosed('the last of sixty', ramp(60), 59),
  refusedOpening('another root', { root: seeded('root') }, 'RootMismatch', 'readingsRoot'),
  refusedOpening('another index', { index: 5 }, 'RootMismatch', 'readingsRoot'),
  refusedOpening('an index at the count', { index: 6 }, 'OutOfRange', 'disclosure.index'),
  refusedOpening('a negative index', { index: -1 }, 'OutOfRange', 'disclosure.index'),
  refusedOpening('another count of the same depth', { count: 7 }, 'RootMismatch', 'readingsRoot'),
  refusedOpening('a count of another depth', { count: 9 }, 'CountMismatch', 'disclosure.path'),
  refusedOpening('a count of zero', { count: 0 }, 'CountMismatch', 'readings'),
  refusedOpening('a count above 65,536', { count: 65_537 }, 'CountMismatch', 'readings'),
  refusedOpening('a hash too few', { path: five.path.slice(1) }, 'CountMismatch', 'disclosure.path'),
  refusedOpening(
    'a hash too many',
    { path: [...five.path, seeded('hash')] },
    'CountMismatch',
    'disclosure.path',
  ),
  refusedOpening(
    'a hash of 31 bytes',
    { path: [cut(five.path[0]!, 1), ...five.path.slice(1)] },
    'LengthMismatch',
    'disclosure.path[0]',
  ),
  refusedOpening('another salt', { block: overwrite(five.block, 0, '00') }, 'RootMismatch', 'readingsRoot'),
  refusedOpening('another time', { block: overwrite(five.block, 39, '00') }, 'RootMismatch', 'readingsRoot'),
  refusedOpening(
    'another channel',
    { block: overwrite(five.block, 43, '02') },
    'RootMismatch',
    'readingsRoot',
  ),
  refusedOpening(
    'another quality',
    { block: overwrite(five.block, 47, '00') },
    'RootMismatch',
    'readingsRoot',
  ),
  refusedOpening('another value', { block: overwrite(five.block, 55, 'ff') }, 'RootMismatch', 'readingsRoot'),
  refusedOpening(
    'bytes in the zero field',
    { block: overwrite(five.block, -1, '01') },
    'NonCanonical',
    'disclosure.block',
  ),
  refusedOpening(
    'a block of 63 bytes',
    { block: cut(five.block, 0, 63) },
    'LengthMismatch',
    'disclosure.block',
  ),
  refusedOpening(
    'an inner node as a reading',
    { block: firstPair, index: 0, path: [tree[1]![1]!, tree[2]![1]!] },
    'NonCanonical',
    'disclosure.block',
  ),
  refusal('disclosure', 'padding as a reading', { ...one, index: 1 }, 'OutOfRange', 'disclosure.index'),
  refusal(
    'disclosure',
    'a path for the only reading',
    { ...one, path: [one.root] },
    'CountMismatch',
    'disclosure.path',
  ),
  refusedReadings('no reading', [], 'CountMismatch', 'readings'),
  refusedReadings('the same time twice', [ramp(1)[0]!, ramp(1)[0]!], 'NotAscending', 'readings[1]'),
  refusedReadings('times going back', ramp(3).reverse(), 'NotAscending', 'readings[1]'),
  refusedReadings('channels going back', [twoChannels[2]!, twoChannels[0]!], 'NotAscending', 'readings[1]'),
  refusedReadings('a negative time', [{ ...ramp(1)[0]!, timeMs: '-1' }], 'OutOfRange', 'readings[0].timeMs'),
  refusedReadings(
    'a value beyond 64 bits',
    [{ ...ramp(1)[0]!, value: '9223372036854775808' }],
    'OutOfRange',
    'readings[0].value',
  ),
  refusedReadings(
    'a channel beyond 32 bits',
    [{ ...ramp(1)[0]!, channel: 2 ** 32 }],
    'OutOfRange',
    'readings[0].channel',
  ),
  refusedReadings(
    'a fractional quality',
    [{ ...ramp(1)[0]!, quality: 0.5 }],
    'OutOfRange',
    'readings[0].quality',
  ),
  refusedReadings('a value as a number', [{ ...ramp(1)[0]!, value: 5 }], 'InvalidJson', 'readings[0].value'),
  refusedReadings(
    'a member missing',
    [{ timeMs: '1', channel: 1, quality: 0 }],
    'InvalidJson',
    'readings[0].value',
  ),
  refusedColumns('nothing', '0x', 'Truncated', ''),
  refusedColumns('version 2', overwrite(plain, 0, '02'), 'InvalidVersion', ''),
  refusedColumns('a version in two bytes', [0x81, 0, ...toBuffer(plain).subarray(1)], 'NonCanonical', ''),
  refusal('columnar', 'no readings', { columnar: '0x010000000000' }, 'CountMismatch', 'readings'),
  refusal('columnar', 'a count above 65,536', { columnar: '0x01818004' }, 'CountMismatch', 'readings'),
  refusedColumns(
    'a long batch claimed by a short input',
    [1, 0x80, 0x80, 4, 3, 1, 0x80, 0x01, 1, 0, 2, 0, 1, 1, 0],
    'Truncated',
    '.times',
  ),
  refusedColumns('a byte at the end', `${plain}00`, 'TrailingBytes', ''),
  refusedColumns('cut within a column', cut(plain, 0, -1), 'Truncated', '.values'),
  refusedColumns(
    'a run split in two',
    [1, 2, 4, 1, 1, 0, 1, 2, 9, 2, 2, 0, 2, 2, 0, 0],
    'NonCanonical',
    '.channels',
  ),
  refusedColumns('an empty run', [1, 1, 2, 1, 0, 1, 9, 2, 0, 1, 1, 0], 'CountMismatch', '.channels'),
  refusedColumns(
    'a run beyond the count',
    [1, 1, 2, 1, 2, 1, 9, 2, 0, 1, 1, 0],
    'CountMismatch',
    '.channels',
  ),
  refusedColumns(
    'runs that stop short of the count',
    [1, 2, 2, 1, 1, 2, 9, 2, 2, 0, 2, 2, 0, 0],
    'Truncated',
    '.channels',
  ),
  refusedColumns(
    'runs that go on after the count',
    [1, 1, 4, 1, 1, 1, 1, 1, 9, 2, 0, 1, 1, 0],
    'TrailingBytes',
    '.channels',
  ),
  refusedColumns(
    'a channel beyond 32 bits',
    [1, 2, 8, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, 2, 9, 2, 2, 0, 2, 2, 0, 0],
    'OutOfRange',
    '.channels',
  ),
  refusedColumns(
    'a quality beyond 32 bits',
    [1, 1, 2, 1, 1, 1, 9, 6, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 1, 0],
    'OutOfRange',
    '.qualities',
  ),
  refusedColumns(
    'qualities in two runs of the same',
    [1, 2, 2, 1, 2, 2, 9, 2, 4, 0, 1, 0, 1, 2, 0, 0],
    'NonCanonical',
    '.qualities',
  ),
  refusedColumns(
    'a time beyond 64 bits',
    [1, 1, 2, 1, 1, 10, ...tenBytes(2), 2, 0, 1, 1, 0],
    'OutOfRange',
    '.times',
  ),
  refusedColumns(
    'a varint of eleven bytes',
    [1, 1, 2, 1, 1, 11, ...tenBytes(0x80), 1, 2, 0, 1, 1, 0],
    'OutOfRange',
    '.times',
  ),
  refusedColumns(
    'a time in a longer form',
    [1, 1, 2, 1, 1, 2, 0x89, 0, 2, 0, 1, 1, 0],
    'NonCanonical',
    '.times',
  ),
  refusedColumns('a time too many', [1, 1, 2, 1, 1, 2, 9, 2, 2, 0, 1, 1, 0], 'TrailingBytes', '.times'),
  refusedColumns('a value too many', [1, 1, 2, 1, 1, 1, 9, 2, 0, 1, 2, 0, 0], 'TrailingBytes', '.values'),
  refusal(
    'columnar',
    'the same time twice',
    { columnar: '0x010202010202090002000202' + '0000' },
    'NotAscending',
    'readings[1]',
  ),
  refusal(
    'columnar',
    'a time that wraps',
    { columnar: '0x01020201020209010200020200' + '00' },
    'NotAscending',
    'readings[1]',
  ),
];
