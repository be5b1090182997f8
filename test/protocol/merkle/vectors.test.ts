import assert from 'node:assert/strict';
import {
  consistencyPath,
  fromHex,
  hashLeaf,
  inclusionPath,
  rootFromInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';
import { growTree } from './grown-tree.ts';

const hashesFrom = (hexes: string[]): Uint8Array[] => hexes.map((hex) => fromHex(hex));

runVectors('merkle.json', {
  'leaf hash': ({ entry }) => ({ hash: hashLeaf(fromHex(entry)) }),
  root: ({ entries }) => {
    const { range, readNode } = growTree(hashesFrom(entries));
    const root = range.root();
    assert.deepEqual(rootOf(range.size, readNode), root);
    return { root };
  },
  'inclusion proof': ({ entries, index }) => {
    const { range, readNode } = growTree(hashesFrom(entries));
    return { path: inclusionPath(BigInt(index), range.size, readNode) };
  },
  'consistency proof': ({ entries, size1 }) => {
    const { range, readNode } = growTree(hashesFrom(entries));
    return { path: consistencyPath(BigInt(size1), range.size, readNode) };
  },
  inclusion: ({ index, size, leafHash, path, root }) => {
    const place = { index: BigInt(index), size: BigInt(size) };
    const claim = { ...place, leafHash: fromHex(leafHash), path: hashesFrom(path) };
    verifyInclusion({ ...claim, root: fromHex(root) });
    return { root: rootFromInclusion(claim) };
  },
  consistency: ({ size1, root1, size2, root2, path }) => {
    verifyConsistency({
      size1: BigInt(size1),
      root1: fromHex(root1),
      size2: BigInt(size2),
      root2: fromHex(root2),
      path: hashesFrom(path),
    });
    return { root: fromHex(root2) };
  },
});
