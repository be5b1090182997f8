import { consistencyPath, hashNode, rootOf, toHex, type Node } from '@gridseal/protocol';
import { evidenceLogAbi, evidenceLogBytecode } from '@gridseal/sdk/abi/evidence-log';
import { encodeAbiParameters, encodeFunctionData, keccak256, zeroHash, type Hex } from 'viem';

import { sender, type BenchChain } from './chain.ts';

/** Anchors that fill the contract's ring; the next one writes a slot that was written before. */
const RING = 64n;
/** Pairs of sizes measured for each length of proof: what a proof costs depends on which hashes it has. */
const PAIRS = 12;

/** A log whose leaves are all the same, so that a tree of any size costs one hash a level. */
const levels: Uint8Array[] = [new Uint8Array(32).fill(0x6c)];
const readNode = ({ level }: Node): Uint8Array => {
  for (let above = levels.length; above <= level; above += 1) {
    levels.push(hashNode(levels[above - 1]!, levels[above - 1]!));
  }
  return levels[level]!;
};

/**
 * The gas of `anchor` with proofs of the lengths asked for, the ring filled and the day's pin written: the most of
 * several pairs of sizes.
 */
export const measureAnchors = async (
  chain: BenchChain,
  lengths: readonly number[],
): Promise<ReadonlyMap<number, bigint>> => {
  const contract = await chain.deploy(evidenceLogAbi, evidenceLogBytecode);
  const parameters = {
    registry: contract,
    operator: sender.address,
    noteKey: zeroHash,
    submitters: [sender.address],
    guardians: [],
    quorum: 0,
    epochDelay: 0n,
  };
  await chain.send(
    contract,
    encodeFunctionData({
      abi: evidenceLogAbi,
      functionName: 'createLog',
      args: [zeroHash, parameters],
    }),
  );
  const logId = keccak256(
    encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'address' }, { type: 'address' }, { type: 'bytes32' }],
      [BigInt(chain.chainId), contract, sender.address, zeroHash],
    ),
  );

  let size = 0n;
  const anchor = async (next: bigint): Promise<bigint> => {
    const proof = size === 0n ? [] : pathOf(size, next);
    const previousRoot = size === 0n ? zeroHash : rootAt(size);
    const args = [logId, next, rootAt(next), previousRoot, proof, keccak256(rootAt(next))] as const;
    size = next;
    return chain.send(contract, encodeFunctionData({ abi: evidenceLogAbi, functionName: 'anchor', args }));
  };
  while (size < RING) await anchor(size + 1n);

  const most = new Map<number, bigint>();
  for (const length of [...lengths].sort((a, b) => a - b)) {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const from = sizeFor(length, size, pair);
      await anchor(from);
      const gas = await anchor(nextSize(from, length));
      if (gas > (most.get(length) ?? 0n)) most.set(length, gas);
    }
  }
  return most;
};

const rootAt = (size: bigint): Hex => toHex(rootOf(size, readNode));
const pathOf = (size1: bigint, size2: bigint): Hex[] =>
  consistencyPath(size1, size2, readNode).map((hash) => toHex(hash));

/** The smallest size above `from` whose proof from there has that many hashes; a proof needs about 2 for each level. */
const nextSize = (from: bigint, length: number): bigint => {
  for (let step = 1n; step <= 1n << BigInt(length); step += step < 4_096n ? 1n : step / 512n) {
    if (pathOf(from, from + step).length === length) return from + step;
  }
  throw new RangeError(`no proof of ${length} hashes starts at ${from}`);
};

/** A size to anchor from: odd ones that grow, so that their trees have every shape. */
const sizeFor = (length: number, above: bigint, pair: number): bigint => {
  const base = 1n << BigInt(length - 2);
  const start = (above > base ? above : base) + BigInt(pair) * 37n + 1n;
  return start | 1n;
};
