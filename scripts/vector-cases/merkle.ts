import { size as lengthOf, stringToHex, type Hex } from 'viem';
import { seeded } from './fixture.ts';
import {
  auditPath,
  consistencyProof,
  leafHash,
  nodeHash,
  treeOf,
  uniformTree,
  type SubtreeRoot,
} from './tree-reference.ts';
import { cut, overwrite, refusal, type Vector } from './vector.ts';

type Inclusion = { index: string; size: string; leafHash: Hex; path: readonly Hex[]; root: Hex };
type Consistency = { size1: string; root1: Hex; size2: string; root2: Hex; path: readonly Hex[] };

const LARGEST = 2n ** 63n - 1n;
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17];

/** Entries of a tree; the first is empty, which is a leaf like any other. */
const entriesOf = (size: number): Hex[] =>
  Array.from({ length: size }, (_, i) => (i === 0 ? '0x' : stringToHex(`entry ${i}`)));
const uniform = uniformTree('0x');

function inclusionOf(index: bigint, size: bigint, root = treeOf(entriesOf(Number(size)))): Inclusion {
  return {
    index: String(index),
    size: String(size),
    leafHash: root(index, index + 1n),
    path: auditPath(root, index, 0n, size),
    root: root(0n, size),
  };
}

function consistencyOf(
  size1: bigint,
  size2: bigint,
  root: SubtreeRoot = treeOf(entriesOf(Number(size2))),
): Consistency {
  return {
    size1: String(size1),
    root1: root(0n, size1),
    size2: String(size2),
    root2: root(0n, size2),
    path: size1 === 0n ? [] : consistencyProof(root, size1, size2),
  };
}

const included = (name: string, input: Inclusion): Vector => ({
  name,
  operation: 'inclusion',
  input,
  expected: { root: input.root },
});
const consistent = (name: string, input: Consistency): Vector => ({
  name,
  operation: 'consistency',
  input,
  expected: { root: input.root2 },
});

const fifth = inclusionOf(5n, 7n);
function notIncluded(name: string, change: Partial<Inclusion>, code = 'RootMismatch'): Vector {
  return refusal('inclusion', name, { ...fifth, ...change }, code);
}

const threeToSeven = consistencyOf(3n, 7n);
const fourToSeven = consistencyOf(4n, 7n);
function notConsistent(name: string, change: Partial<Consistency>, code = 'RootMismatch'): Vector {
  return refusal('consistency', name, { ...threeToSeven, ...change }, code);
}

const flipped = (hash: Hex, at: number): Hex =>
  overwrite(hash, at, (Number(cut(hash, at, at + 1)) ^ 1).toString(16).padStart(2, '0'));
const withBitChanged = (path: readonly Hex[], hash: number): Hex[] =>
  path.map((one, i) => (i === hash ? flipped(one, 31) : one));
const swapped = ([first, second, ...rest]: readonly Hex[]): Hex[] => [second!, first!, ...rest];

/** What is wrong with a path whatever it proves. */
function brokenPaths(path: readonly Hex[]): (readonly [name: string, path: readonly Hex[], code: string])[] {
  return [
    ...path.map((_, i) => [`bit of hash ${i} changed`, withBitChanged(path, i), 'RootMismatch'] as const),
    ...(path.length > 1 ? [['first two hashes swapped', swapped(path), 'RootMismatch'] as const] : []),
    ['last hash left out', path.slice(0, -1), 'PathLength'],
    ['one hash more', [...path, seeded('one hash more')], 'PathLength'],
    ['last hash twice', [...path, path.at(-1)!], 'PathLength'],
    ['no path', [], 'PathLength'],
    ['a hash of 31 bytes', [cut(path[0]!, 1), ...path.slice(1)], 'HashLength'],
    ['a hash of 33 bytes', [`${path[0]!}00`, ...path.slice(1)], 'HashLength'],
  ];
}

const building: Vector[] = SIZES.flatMap((size) => {
  const entries = entriesOf(size);
  const root = treeOf(entries);
  const others = [...new Set([0, 1, size >> 1, size - 1])].filter((index) => index < size);
  return [
    {
      name: `of ${size} entries`,
      operation: 'root',
      input: { entries },
      expected: { root: root(0n, BigInt(size)) },
    },
    ...others.map((index): Vector => ({
      name: `entry ${index} of ${size}`,
      operation: 'inclusion proof',
      input: { entries, index: String(index) },
      expected: { path: auditPath(root, BigInt(index), 0n, BigInt(size)) },
    })),
    ...[...others.slice(1), size].map((older): Vector => ({
      name: `${older} of ${size}`,
      operation: 'consistency proof',
      input: { entries, size1: String(older) },
      expected: { path: consistencyProof(root, BigInt(older), BigInt(size)) },
    })),
  ];
});

const inclusions: Vector[] = [
  ...SIZES.map((size) => included(`last of ${size}`, inclusionOf(BigInt(size - 1), BigInt(size)))),
  included('first of the largest tree', inclusionOf(0n, LARGEST, uniform)),
  included('last of the largest tree', inclusionOf(LARGEST - 1n, LARGEST, uniform)),
  included('middle of a tree of 2⁶²', inclusionOf(2n ** 61n, 2n ** 62n, uniform)),
  // The path binds the size only as far as its shape: the checkpoint binds it.
  included('a size that gives the same shape', { ...inclusionOf(0n, 7n), size: '8' }),
  ...brokenPaths(fifth.path).map(([name, path, code]) => notIncluded(name, { path }, code)),
  notIncluded('bit of the leaf changed', { leafHash: flipped(fifth.leafHash, 0) }),
  notIncluded('bit of the root changed', { root: flipped(fifth.root, 0) }),
  notIncluded(
    'an inner node as leaf',
    {
      leafHash: nodeHash(leafHash(entriesOf(7)[4]!), fifth.leafHash),
      path: fifth.path.slice(1),
    },
    'PathLength',
  ),
  notIncluded('index before', { index: '4' }),
  notIncluded('index after', { index: '6' }, 'PathLength'),
  notIncluded('index of the other half', { index: '1' }),
  notIncluded('index of the size', { index: '7' }, 'IndexOutOfRange'),
  notIncluded('index −1', { index: '-1' }, 'IndexOutOfRange'),
  notIncluded('index 2⁶⁴ − 1', { index: String(2n ** 64n - 1n) }, 'IndexOutOfRange'),
  notIncluded('smaller tree', { size: '6' }, 'PathLength'),
  notIncluded('larger tree', { size: '9' }, 'PathLength'),
  notIncluded('tree of no leaves', { size: '0' }, 'IndexOutOfRange'),
  notIncluded('tree of 2⁶³ leaves', { size: String(2n ** 63n) }, 'SizeOutOfRange'),
  notIncluded('tree of −1 leaves', { size: '-1' }, 'SizeOutOfRange'),
  notIncluded('leaf of 31 bytes', { leafHash: cut(fifth.leafHash, 1) }, 'HashLength'),
  notIncluded('root of 31 bytes', { root: cut(fifth.root, 1) }, 'HashLength'),
  refusal(
    'inclusion',
    'another leaf as the only one',
    { ...inclusionOf(0n, 1n), leafHash: seeded('leaf') },
    'RootMismatch',
  ),
  refusal('inclusion proof', 'entry 3 of 3', { entries: entriesOf(3), index: '3' }, 'IndexOutOfRange'),
  refusal('inclusion proof', 'entry 0 of none', { entries: [], index: '0' }, 'IndexOutOfRange'),
];

const consistencies: Vector[] = [
  ...SIZES.slice(1).map((size) =>
    consistent(`${size >> 1} to ${size}`, consistencyOf(BigInt(size >> 1), BigInt(size))),
  ),
  consistent('a tree and itself', consistencyOf(7n, 7n)),
  consistent('1 to the largest tree', consistencyOf(1n, LARGEST, uniform)),
  consistent('to the largest tree from one less', consistencyOf(LARGEST - 1n, LARGEST, uniform)),
  consistent('2⁶² to the largest tree', consistencyOf(2n ** 62n, LARGEST, uniform)),
  ...brokenPaths(threeToSeven.path).map(([name, path, code]) => notConsistent(name, { path }, code)),
  ...brokenPaths(fourToSeven.path).map(([name, path, code]) =>
    refusal('consistency', `from a perfect tree: ${name}`, { ...fourToSeven, path }, code),
  ),
  notConsistent('bit of the older root changed', { root1: flipped(threeToSeven.root1, 0) }),
  notConsistent('bit of the newer root changed', { root2: flipped(threeToSeven.root2, 0) }),
  notConsistent('roots swapped', { root1: threeToSeven.root2, root2: threeToSeven.root1 }),
  notConsistent('sizes swapped', { size1: '7', size2: '3' }, 'SizesNotAscending'),
  notConsistent('older size 2', { size1: '2' }, 'PathLength'),
  notConsistent('older size 0', { size1: '0' }, 'SizeOutOfRange'),
  notConsistent('older size −1', { size1: '-1' }, 'SizeOutOfRange'),
  notConsistent('newer size 9', { size2: '9' }, 'PathLength'),
  notConsistent('newer size 2⁶³', { size2: String(2n ** 63n) }, 'SizeOutOfRange'),
  notConsistent('older root of 31 bytes', { root1: cut(threeToSeven.root1, 1) }, 'HashLength'),
  notConsistent('newer root of 31 bytes', { root2: cut(threeToSeven.root2, 1) }, 'HashLength'),
  refusal(
    'consistency',
    'from a perfect tree: bit of the older root changed',
    { ...fourToSeven, root1: flipped(fourToSeven.root1, 0) },
    'RootMismatch',
  ),
  refusal(
    'consistency',
    'a tree and itself with a path',
    { ...consistencyOf(7n, 7n), path: [seeded('path')] },
    'PathLength',
  ),
  refusal(
    'consistency',
    'two trees of one size',
    { ...consistencyOf(7n, 7n), root1: seeded('root') },
    'RootMismatch',
  ),
  refusal('consistency', 'two empty trees', consistencyOf(0n, 0n), 'SizeOutOfRange'),
  refusal('consistency proof', '0 of 3', { entries: entriesOf(3), size1: '0' }, 'SizeOutOfRange'),
  refusal('consistency proof', '4 of 3', { entries: entriesOf(3), size1: '4' }, 'SizesNotAscending'),
];

const measured: Hex[] = ['0x', '0x00', stringToHex('entry 1'), stringToHex('x'.repeat(64))];
const hashed = measured.map((entry): Vector => ({
  name: `an entry of ${lengthOf(entry)} bytes`,
  operation: 'leaf hash',
  input: { entry },
  expected: { hash: leafHash(entry) },
}));

export const merkleVectors: readonly Vector[] = [
  {
    name: 'of no entries',
    operation: 'root',
    input: { entries: [] },
    expected: { root: treeOf([])(0n, 0n) },
  },
  ...hashed,
  ...building,
  ...inclusions,
  ...consistencies,
];
