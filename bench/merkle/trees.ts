import { hash, randomBytes } from 'node:crypto';
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import { MerkleTree } from 'merkletreejs';
import {
  commitBlocks,
  hashLeaf,
  hashPairs,
  inclusionPath,
  openReadings,
  type Hex,
  type Node,
  type Primitives,
} from '@gridseal/protocol';

/** A tree over the blocks of a bench, as one of the libraries builds it. */
export type BuiltTree = { readonly proveAll: () => unknown };

/** One way to build a tree over blocks of 64 bytes and to prove that one of them is in it. */
export type TreeLibrary = {
  readonly name: string;
  readonly whose: 'ours' | 'peer';
  readonly hash: 'SHA-256' | 'Keccak-256';
  /** Takes blocks of 64 bytes in the form that its users have them in; the work that is measured builds the tree. */
  readonly prepare: (blocks: readonly Buffer[]) => () => BuiltTree;
};

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');
const HASH_LENGTH = 32;

/** Batch trees: a level a call, by hashtree. Blocks lie end to end; salting them is part of the work, and of no peer's. */
const readings = (primitives: Primitives): TreeLibrary => {
  const batchKey = randomBytes(32);
  return {
    name: "Gridseal, a batch's readings",
    whose: 'ours',
    hash: 'SHA-256',
    prepare: (list) => {
      const blocks = Uint8Array.from(Buffer.concat(list));
      const indices = list.map((_, i) => i);
      return () => {
        const commitment = commitBlocks({ blocks, batchKey }, primitives);
        return { proveAll: () => openReadings(commitment, indices) };
      };
    },
  };
};

/** RFC 6962 puts a byte before every pair, so that no instruction for 64-byte blocks helps: a hash is a call. */
const log = (primitives: Primitives): TreeLibrary => ({
  name: 'Gridseal, the log (RFC 6962)',
  whose: 'ours',
  hash: 'SHA-256',
  prepare: (blocks) => () => {
    const leaves = new Uint8Array(HASH_LENGTH * blocks.length);
    blocks.forEach((block, i) => {
      leaves.set(hashLeaf(block, primitives), HASH_LENGTH * i);
    });
    const levels: Uint8Array[] = [leaves];
    for (let level: Uint8Array = leaves; level.length > HASH_LENGTH; levels.push(level))
      level = hashPairs(level, primitives);
    const readNode = ({ level, index }: Node): Uint8Array => {
      const at = HASH_LENGTH * Number(index);
      return levels[level]?.subarray(at, at + HASH_LENGTH) ?? new Uint8Array(0);
    };
    const size = BigInt(blocks.length);
    return {
      proveAll: () => blocks.map((_, i) => inclusionPath(BigInt(i), size, readNode, primitives)),
    };
  },
});

/** Given OpenSSL's hash; `getProof` with the index, without which it searches all leaves. */
const merkleTreeJs: TreeLibrary = {
  name: 'merkletreejs, OpenSSL',
  whose: 'peer',
  hash: 'SHA-256',
  prepare: (blocks) => () => {
    const leaves = blocks.map(sha256);
    const tree = new MerkleTree(leaves, sha256);
    return { proveAll: () => leaves.map((leaf, i) => tree.getProof(leaf, i)) };
  },
};

/** Given a hash of pairs by OpenSSL in the place of its own Keccak; it needs them sorted. */
const openZeppelinSha256: TreeLibrary = {
  name: '@openzeppelin/merkle-tree, OpenSSL',
  whose: 'peer',
  hash: 'SHA-256',
  prepare: (blocks) => () => {
    const nodeHash = (one: unknown, other: unknown): Hex => {
      const [a, b] = [String(one).slice(2), String(other).slice(2)];
      return `0x${hash('sha256', Buffer.from(a < b ? a + b : b + a, 'hex'), 'hex')}`;
    };
    const tree = SimpleMerkleTree.of(blocks.map(sha256), { sortLeaves: false, nodeHash });
    return { proveAll: () => blocks.map((_, i) => tree.getProof(i)) };
  },
};

/** As it comes. */
const openZeppelin: TreeLibrary = {
  name: '@openzeppelin/merkle-tree',
  whose: 'peer',
  hash: 'Keccak-256',
  prepare: (blocks) => () => {
    const tree = SimpleMerkleTree.of(blocks.map(sha256), { sortLeaves: false });
    return { proveAll: () => blocks.map((_, i) => tree.getProof(i)) };
  },
};

/** Every library, ours with the primitives given. */
export const treeLibraries = (primitives: Primitives): readonly TreeLibrary[] => [
  readings(primitives),
  log(primitives),
  merkleTreeJs,
  openZeppelinSha256,
  openZeppelin,
];
