import { concatHex, size as lengthOf, stringToHex, type Hex } from 'viem';
import { uint } from './reference.ts';
import { cut, refusal, type Json, type Vector } from './vector.ts';

type Tile = { level: number | 'entries'; index: string; width: number };

const paths: readonly [name: string, path: string, tile: Tile][] = [
  ['first full tile', 'tile/0/000', { level: 0, index: '0', width: 256 }],
  ['last index of one group', 'tile/0/999', { level: 0, index: '999', width: 256 }],
  ['first index of two groups', 'tile/0/x001/000', { level: 0, index: '1000', width: 256 }],
  ['the index of the specification', 'tile/0/x001/x234/067', { level: 0, index: '1234067', width: 256 }],
  ['groups of zeros inside', 'tile/3/x001/x000/000', { level: 3, index: '1000000', width: 256 }],
  ['one hash', 'tile/1/017.p/1', { level: 1, index: '17', width: 1 }],
  ['one hash short of full', 'tile/2/x001/000.p/255', { level: 2, index: '1000', width: 255 }],
  ['two-digit level', 'tile/10/000', { level: 10, index: '0', width: 256 }],
  ['last level', 'tile/63/000.p/9', { level: 63, index: '0', width: 9 }],
  ['entry bundle', 'tile/entries/x012/345', { level: 'entries', index: '12345', width: 256 }],
  ['partial entry bundle', 'tile/entries/000.p/40', { level: 'entries', index: '0', width: 40 }],
  [
    'last index',
    'tile/0/x009/x223/x372/x036/x854/x775/807',
    { level: 0, index: String(2n ** 63n - 1n), width: 256 },
  ],
];

const malformedPaths: readonly [name: string, path: string][] = [
  ['nothing', ''],
  ['no index', 'tile/0'],
  ['empty index', 'tile/0/'],
  ['leading slash', '/tile/0/000'],
  ['trailing slash', 'tile/0/000/'],
  ['trailing newline', 'tile/0/000\n'],
  ['two digits', 'tile/0/00'],
  ['four digits', 'tile/0/0000'],
  ['index without groups', 'tile/0/1000'],
  ['group without x', 'tile/0/001/000'],
  ['last group with x', 'tile/0/x001/x000'],
  ['leading group of zeros', 'tile/0/x000/001'],
  ['capital X', 'tile/0/X001/000'],
  ['index 2⁶³', 'tile/0/x009/x223/x372/x036/x854/x775/808'],
  ['eight groups', 'tile/0/x001/x000/x000/x000/x000/x000/x000/000'],
  ['other digits', 'tile/0/٠٠٠'],
  ['negative index', 'tile/0/-01'],
  ['level with a leading zero', 'tile/00/000'],
  ['level 64', 'tile/64/000'],
  ['level of three digits', 'tile/100/000'],
  ['negative level', 'tile/-1/000'],
  ['unknown level', 'tile/data/000'],
  ['capital entries', 'tile/Entries/000'],
  ['width 0', 'tile/0/000.p/0'],
  ['width 256', 'tile/0/000.p/256'],
  ['width 1000', 'tile/0/000.p/1000'],
  ['width with a leading zero', 'tile/0/000.p/01'],
  ['empty width', 'tile/0/000.p/'],
  ['no width', 'tile/0/000.p'],
  ['two widths', 'tile/0/000.p/1.p/1'],
  ['path upwards', 'tile/0/../000'],
  ['escaped slash', 'tile%2F0/000'],
];

const first: Tile = { level: 0, index: '0', width: 256 };
const unwritten: readonly [name: string, change: Partial<Tile>][] = [
  ['level −1', { level: -1 }],
  ['level 64', { level: 64 }],
  ['level between two', { level: 0.5 }],
  ['index −1', { index: '-1' }],
  ['index 2⁶³', { index: String(2n ** 63n) }],
  ['width 0', { width: 0 }],
  ['width 257', { width: 257 }],
  ['width between two', { width: 1.5 }],
];

/** A width of a tile, by the specification's formula, of a tree of a size. */
function widths(
  size: bigint,
  level: number,
  tiles: readonly (readonly [index: bigint, width: number])[],
): Vector[] {
  return tiles.map(([index, width]) => ({
    name: `tile ${index} of level ${level} at size ${size}`,
    operation: 'width',
    input: { level, index: String(index), size: String(size) },
    expected: { width },
  }));
}

function span(
  level: number,
  index: bigint,
  expected: { level: number; index: string; start: number; end: number },
): Vector {
  return {
    name: `node ${index} of level ${level}`,
    operation: 'span',
    input: { level, index: String(index) },
    expected,
  };
}

const bundleOf = (entries: readonly Hex[]): Hex =>
  entries.length === 0 ? '0x' : concatHex(entries.flatMap((entry) => [uint(lengthOf(entry), 2), entry]));
const three: readonly Hex[] = [stringToHex('entry 0'), '0x', stringToHex('x'.repeat(300))];
const many = (count: number): Hex[] => Array.from({ length: count }, (_, i) => uint(i & 255, 1));
const refusedBundle = (name: string, bundle: Hex, code: string, field?: string): Vector =>
  refusal('entry bundle', name, { bundle }, code, field);
const bundled = (name: string, entries: readonly Hex[]): Vector => ({
  name,
  operation: 'entry bundle',
  input: { bundle: bundleOf(entries) },
  expected: { entries },
});

const asJson = (tile: Tile): Json => ({ ...tile });

export const tileVectors: readonly Vector[] = [
  ...paths.map(([name, path, tile]): Vector => ({
    name,
    operation: 'path',
    input: { path },
    expected: asJson(tile),
  })),
  ...malformedPaths.map(([name, path]) => refusal('path', name, { path }, 'TilePath')),
  ...unwritten.map(([name, change]) =>
    refusal('write path', name, asJson({ ...first, ...change }), 'TilePath'),
  ),
  // The tree of 70,000 leaves is the specification's own example.
  ...widths(70_000n, 0, [
    [0n, 256],
    [272n, 256],
    [273n, 112],
    [274n, 0],
  ]),
  ...widths(70_000n, 1, [
    [0n, 256],
    [1n, 17],
    [2n, 0],
  ]),
  ...widths(70_000n, 2, [
    [0n, 1],
    [1n, 0],
  ]),
  ...widths(70_000n, 3, [[0n, 0]]),
  ...widths(256n, 0, [
    [0n, 256],
    [1n, 0],
  ]),
  ...widths(256n, 1, [[0n, 1]]),
  ...widths(255n, 0, [[0n, 255]]),
  ...widths(255n, 1, [[0n, 0]]),
  ...widths(0n, 0, [[0n, 0]]),
  ...widths(2n ** 63n - 1n, 0, [
    [2n ** 55n - 1n, 255],
    [2n ** 55n, 0],
  ]),
  ...widths(2n ** 63n - 1n, 7, [[0n, 127]]),
  {
    name: 'last entry bundle at size 70000',
    operation: 'width',
    input: { level: 'entries', index: '273', size: '70000' },
    expected: { width: 112 },
  },
  span(0, 0n, { level: 0, index: '0', start: 0, end: 1 }),
  span(0, 257n, { level: 0, index: '1', start: 1, end: 2 }),
  span(3, 33n, { level: 0, index: '1', start: 8, end: 16 }),
  span(7, 1n, { level: 0, index: '0', start: 128, end: 256 }),
  span(8, 1n, { level: 1, index: '0', start: 1, end: 2 }),
  span(15, 3n, { level: 1, index: '1', start: 128, end: 256 }),
  span(62, 0n, { level: 7, index: '0', start: 0, end: 64 }),
  bundled('three entries, one of them empty', three),
  bundled('one entry', three.slice(0, 1)),
  bundled('one empty entry', ['0x']),
  bundled('a full bundle', many(256)),
  refusedBundle('no entries', '0x', 'EntryBundle'),
  refusedBundle('257 entries', bundleOf(many(257)), 'EntryBundle'),
  refusedBundle('half a length', concatHex([bundleOf(three), '0x00']), 'Truncated', 'length'),
  refusedBundle('a length without its entry', concatHex([bundleOf(three), '0x0001']), 'Truncated', 'entry'),
  refusedBundle('the last byte left out', cut(bundleOf(three), 0, -1), 'Truncated', 'entry'),
  refusal('write entry bundle', 'no entries', { lengths: [] }, 'EntryBundle'),
  refusal('write entry bundle', '257 entries', { lengths: many(257).map(() => 1) }, 'EntryBundle'),
  refusal('write entry bundle', 'an entry of 65,536 bytes', { lengths: [1, 65_536] }, 'EntryBundle'),
  {
    name: 'an entry of 65,535 bytes',
    operation: 'write entry bundle',
    input: { lengths: [65_535] },
    expected: { length: 65_537 },
  },
];
