import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CompactRange,
  consistencyPath,
  hashLeaf,
  hashNode,
  HASH_LENGTH,
  inclusionPath,
  inclusionRanges,
  MAX_TREE_SIZE,
  MerkleError,
  nodesOf,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type ReadNode,
} from '../../../protocol/src/index.ts';
import { growTree } from './grown-tree.ts';

const ALL_SIZES = 40;
const { readNode } = growTree(Array.from({ length: ALL_SIZES }, (_, i) => Uint8Array.of(i)));
const leafHash = (index: bigint): Uint8Array => readNode({ level: 0, index });

/** Every number from one up to another. */
function* upTo(first: bigint, last: bigint): Generator<bigint> {
  for (let n = first; n <= last; n += 1n) yield n;
}

// A tree of equal leaves has one hash a level, so a tree of any size is at hand.
const rows = [hashLeaf(new Uint8Array(0))];
for (let level = 1; level < 63; level += 1) rows.push(hashNode(rows[level - 1]!, rows[level - 1]!));
const readUniform: ReadNode = ({ level }) => rows[level]!;
const sizes = fc.oneof(
  fc.bigInt({ min: 1n, max: MAX_TREE_SIZE - 1n }),
  fc.nat({ max: 62 }).map((exponent) => 1n << BigInt(exponent)),
  fc.nat({ max: 62 }).map((exponent) => (2n << BigInt(exponent)) - 1n),
);
const places = sizes.chain((size) =>
  fc.record({ size: fc.constant(size), index: fc.bigInt({ min: 0n, max: size - 1n }) }),
);
const pairs = fc
  .tuple(sizes, sizes)
  .map(([a, b]) => (a < b ? { size1: a, size2: b } : { size1: b, size2: a }));

describe('an inclusion proof', () => {
  it('is built and holds for every leaf of every small tree', () => {
    for (const size of upTo(1n, BigInt(ALL_SIZES))) {
      const root = rootOf(size, readNode);
      for (const index of upTo(0n, size - 1n)) {
        verifyInclusion({
          index,
          size,
          leafHash: leafHash(index),
          path: inclusionPath(index, size, readNode),
          root,
        });
      }
    }
  });

  it('holds for no other leaf, index or root of a small tree', () => {
    for (const size of upTo(2n, 20n)) {
      const root = rootOf(size, readNode);
      for (const index of upTo(0n, size - 1n)) {
        const claim = {
          index,
          size,
          leafHash: leafHash(index),
          path: inclusionPath(index, size, readNode),
          root,
        };
        for (const other of upTo(0n, size - 1n)) {
          if (other === index) continue;
          assert.throws(() => verifyInclusion({ ...claim, index: other }), MerkleError);
          assert.throws(() => verifyInclusion({ ...claim, leafHash: leafHash(other) }), {
            code: 'RootMismatch',
          });
        }
        assert.throws(() => verifyInclusion({ ...claim, root: rootOf(size - 1n, readNode) }), {
          code: 'RootMismatch',
        });
      }
    }
  });

  it('is built and holds in trees of any size', () => {
    fc.assert(
      fc.property(places, ({ index, size }) => {
        const path = inclusionPath(index, size, readUniform);
        verifyInclusion({ index, size, leafHash: rows[0]!, path, root: rootOf(size, readUniform) });
      }),
    );
  });

  it('does not outlive a change of one bit', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.nat({ max: 255 }), ({ index, size }, which, bit) => {
        const path = inclusionPath(index, size, readUniform);
        const hashes = [rows[0]!, rootOf(size, readUniform), ...path];
        const at = which % hashes.length;
        const [leaf, root, ...rest] = hashes.map((hash, i) => (i === at ? withBitFlipped(hash, bit) : hash));
        assert.throws(() => verifyInclusion({ index, size, leafHash: leaf!, path: rest, root: root! }), {
          code: 'RootMismatch',
        });
      }),
    );
  });

  it('does not outlive a hash more or less', () => {
    fc.assert(
      fc.property(places, ({ index, size }) => {
        const path = inclusionPath(index, size, readUniform);
        const claim = { index, size, leafHash: rows[0]!, root: rootOf(size, readUniform) };
        assert.throws(() => verifyInclusion({ ...claim, path: [...path, rows[0]!] }), { code: 'PathLength' });
        if (path.length === 0) return;
        assert.throws(() => verifyInclusion({ ...claim, path: path.slice(1) }), { code: 'PathLength' });
      }),
    );
  });

  it('names the two roots that differ', () => {
    const claim = {
      index: 0n,
      size: 1n,
      leafHash: new Uint8Array(32),
      path: [],
      root: new Uint8Array(32).fill(1),
    };
    const [expected, actual] = [`0x${'01'.repeat(32)}`, `0x${'00'.repeat(32)}`];
    assert.throws(() => verifyInclusion(claim), { code: 'RootMismatch', expected, actual });
  });

  it('is computed from nodes that the tree has, as few as there are', () => {
    fc.assert(
      fc.property(places, ({ index, size }) => {
        for (const range of inclusionRanges(index, size)) {
          for (const node of range) assert.ok((node.index + 1n) << BigInt(node.level) <= size);
          // Two neighbours of one level would be one node above.
          const levels = range.map(({ level }) => level);
          assert.deepEqual(
            levels,
            [...new Set(levels)].sort((a, b) => b - a),
          );
        }
      }),
    );
  });

  it('is not built for a tree that no log may have', () => {
    const size = MAX_TREE_SIZE;
    assert.throws(() => inclusionPath(0n, size, readUniform), { code: 'SizeOutOfRange' });
    assert.throws(() => consistencyPath(1n, size, readUniform), { code: 'SizeOutOfRange' });
    assert.throws(() => rootOf(size, readUniform), { code: 'SizeOutOfRange' });
  });
});

describe('a consistency proof', () => {
  it('is built and holds for every pair of small sizes', () => {
    for (const size2 of upTo(1n, BigInt(ALL_SIZES))) {
      for (const size1 of upTo(1n, size2)) {
        const path = consistencyPath(size1, size2, readNode);
        const [root1, root2] = [rootOf(size1, readNode), rootOf(size2, readNode)];
        verifyConsistency({ size1, root1, size2, root2, path });
      }
    }
  });

  it('is built and holds for any sizes', () => {
    fc.assert(
      fc.property(pairs, ({ size1, size2 }) => {
        const path = consistencyPath(size1, size2, readUniform);
        const [root1, root2] = [rootOf(size1, readUniform), rootOf(size2, readUniform)];
        verifyConsistency({ size1, root1, size2, root2, path });
      }),
    );
  });

  it('does not hold for a tree that forked', () => {
    const forkAt = 11;
    const fork = growTree(
      Array.from({ length: ALL_SIZES }, (_, i) => (i === forkAt ? Uint8Array.of(0xff) : Uint8Array.of(i))),
    );
    for (const size2 of upTo(BigInt(forkAt) + 2n, BigInt(ALL_SIZES))) {
      for (const size1 of upTo(BigInt(forkAt) + 1n, size2 - 1n)) {
        const root1 = rootOf(size1, readNode);
        const root2 = rootOf(size2, fork.readNode);
        for (const nodes of [readNode, fork.readNode]) {
          const path = consistencyPath(size1, size2, nodes);
          assert.throws(() => verifyConsistency({ size1, root1, size2, root2, path }), {
            code: 'RootMismatch',
          });
        }
      }
    }
  });

  it('does not outlive a change of one bit', () => {
    fc.assert(
      fc.property(pairs, fc.nat(), fc.nat({ max: 255 }), ({ size1, size2 }, which, bit) => {
        const path = consistencyPath(size1, size2, readUniform);
        const hashes = [rootOf(size1, readUniform), rootOf(size2, readUniform), ...path];
        const at = which % hashes.length;
        const [root1, root2, ...rest] = hashes.map((hash, i) =>
          i === at ? withBitFlipped(hash, bit) : hash,
        );
        assert.throws(() => verifyConsistency({ size1, root1: root1!, size2, root2: root2!, path: rest }), {
          code: 'RootMismatch',
        });
      }),
    );
  });

  it('does not outlive a hash more or less', () => {
    fc.assert(
      fc.property(pairs, ({ size1, size2 }) => {
        const path = consistencyPath(size1, size2, readUniform);
        const claim = { size1, root1: rootOf(size1, readUniform), size2, root2: rootOf(size2, readUniform) };
        assert.throws(() => verifyConsistency({ ...claim, path: [...path, rows[0]!] }), {
          code: 'PathLength',
        });
        if (path.length === 0) return;
        assert.throws(() => verifyConsistency({ ...claim, path: path.slice(0, -1) }), { code: 'PathLength' });
      }),
    );
  });
});

describe('a compact range', () => {
  it('goes on from its size and hashes as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat({ max: ALL_SIZES }), fc.nat({ max: ALL_SIZES }), (a, b) => {
        const [from, to] = [BigInt(Math.min(a, b)), BigInt(Math.max(a, b))];
        const range = new CompactRange(from, nodesOf(0n, from).map(readNode));
        for (const index of upTo(from, to - 1n)) range.append(leafHash(index));
        assert.equal(range.size, to);
        assert.deepEqual(range.root(), rootOf(to, readNode));
        assert.deepEqual(range.hashes, nodesOf(0n, to).map(readNode));
      }),
    );
  });

  it('takes the last leaf that a tree may have, and no other', () => {
    const size = MAX_TREE_SIZE - 2n;
    const range = new CompactRange(size, nodesOf(0n, size).map(readUniform));
    range.append(rows[0]!);
    assert.deepEqual(range.root(), rootOf(MAX_TREE_SIZE - 1n, readUniform));
    assert.throws(() => range.append(rows[0]!), { code: 'SizeOutOfRange' });
  });

  it('is not begun from hashes that its size does not have', () => {
    assert.throws(() => new CompactRange(3n, [rows[0]!]), { code: 'PathLength', expected: '2', actual: '1' });
    assert.throws(() => new CompactRange(1n, [new Uint8Array(31)]), { code: 'HashLength' });
    assert.throws(() => new CompactRange(-1n), { code: 'SizeOutOfRange' });
  });

  it('takes no leaf that is not a hash', () => {
    assert.throws(() => new CompactRange().append(new Uint8Array(HASH_LENGTH + 1)), { code: 'HashLength' });
  });

  it('keeps its hashes to itself', () => {
    const range = new CompactRange();
    range.append(leafHash(0n));
    (range.hashes as Uint8Array[]).pop();
    assert.deepEqual(range.root(), leafHash(0n));
  });
});

function withBitFlipped(hash: Uint8Array, bit: number): Uint8Array {
  const copy = hash.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
