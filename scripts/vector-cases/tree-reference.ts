// RFC 6962 §2.1 word by word: recursive, and without the index arithmetic of protocol/src/merkle.
import type { Hex } from 'viem';
import { sha256 } from './reference.ts';

/** `MTH(D[start:end])`. */
export type SubtreeRoot = (start: bigint, end: bigint) => Hex;

export const leafHash = (entry: Hex): Hex => sha256('0x00', entry);
export const nodeHash = (left: Hex, right: Hex): Hex => sha256('0x01', left, right);

/** The largest power of two smaller than n. */
function splitOf(n: bigint): bigint {
  let k = 1n;
  while (2n * k < n) k *= 2n;
  return k;
}

/** The tree over these entries. */
export function treeOf(entries: readonly Hex[]): SubtreeRoot {
  const root: SubtreeRoot = (start, end) => {
    if (start === end) return sha256();
    if (end - start === 1n) return leafHash(entries[Number(start)]!);
    const middle = start + splitOf(end - start);
    return nodeHash(root(start, middle), root(middle, end));
  };
  return root;
}

/** A tree of any size whose leaves are all the same, so that a subtree's root depends on its size alone. */
export function uniformTree(entry: Hex): SubtreeRoot {
  const known = new Map<bigint, Hex>([
    [0n, sha256()],
    [1n, leafHash(entry)],
  ]);
  const rootOf = (n: bigint): Hex => {
    const root = known.get(n) ?? nodeHash(rootOf(splitOf(n)), rootOf(n - splitOf(n)));
    known.set(n, root);
    return root;
  };
  return (start, end) => rootOf(end - start);
}

/** `PATH(m, D[start:end])`, §2.1.1. */
export function auditPath(root: SubtreeRoot, m: bigint, start: bigint, end: bigint): Hex[] {
  if (end - start === 1n) return [];
  const k = splitOf(end - start);
  const middle = start + k;
  return m < k
    ? [...auditPath(root, m, start, middle), root(middle, end)]
    : [...auditPath(root, m - k, middle, end), root(start, middle)];
}

/** `PROOF(m, D[0:n])`, §2.1.2. */
export function consistencyProof(root: SubtreeRoot, m: bigint, n: bigint): Hex[] {
  return subproof(root, m, { start: 0n, end: n, isWhole: true });
}

function subproof(
  root: SubtreeRoot,
  m: bigint,
  { start, end, isWhole }: { start: bigint; end: bigint; isWhole: boolean },
): Hex[] {
  if (m === end - start) return isWhole ? [] : [root(start, end)];
  const k = splitOf(end - start);
  const middle = start + k;
  return m <= k
    ? [...subproof(root, m, { start, end: middle, isWhole }), root(middle, end)]
    : [...subproof(root, m - k, { start: middle, end, isWhole: false }), root(start, middle)];
}
