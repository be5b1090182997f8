// A block with everything that a bundle shows of it: RLP by viem, tries by @ethereumjs/mpt, none of it by protocol/.
import { createMPT, createMerkleProof, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import {
  bytesToHex,
  concatHex,
  hexToBytes,
  keccak256,
  numberToHex,
  stringToHex,
  toRlp,
  type Hex,
} from 'viem';
import { seeded } from '../fixture.ts';
import { slots } from '../identity.ts';
import { cut } from '../vector.ts';

export type Nested = Hex | readonly Nested[];
export type Trie = MerklePatriciaTrie;

export const rlp = (item: Nested): Hex => toRlp(item as Parameters<typeof toRlp>[0]);
export const ZERO: Hex = `0x${'00'.repeat(32)}`;
export const bloom: Hex = `0x${'00'.repeat(256)}`;

/** An integer as RLP has it: no leading zeros, zero is empty. */
export const integer = (value: bigint): Hex => {
  const digits = value === 0n ? '' : value.toString(16);
  return `0x${digits.length % 2 === 0 ? '' : '0'}${digits}`;
};

export async function trieOf(entries: readonly (readonly [key: Hex, value: Hex])[]): Promise<Trie> {
  const trie = await createMPT();
  for (const [key, value] of entries) await trie.put(hexToBytes(key), hexToBytes(value));
  return trie;
}

export const rootOf = (trie: Trie): Hex => bytesToHex(trie.root());

/** The nodes from the root down as nodes answer `eth_getProof`: one shorter than a hash stands in its parent alone. */
export async function proofOf(trie: Trie, key: Hex): Promise<Hex[]> {
  const nodes = await createMerkleProof(trie, hexToBytes(key));
  return nodes.filter((node, i) => i === 0 || node.length >= 32).map((node) => bytesToHex(node));
}

/** A key's record in words (docs/spec/identity.md), or undefined where the key was never enrolled. */
export type RecordWords = readonly [bigint, bigint, bigint] | undefined;

export type BlockContent = {
  readonly number: bigint;
  readonly evidenceLog: Hex;
  readonly deviceRegistry: Hex;
  readonly identity: Hex;
  readonly keyId: Hex;
  readonly record: RecordWords;
  /** What the storage trie holds at the record's first slot, where it is not the word. */
  readonly slot?: Hex;
  readonly anchored: {
    readonly logId: Hex;
    readonly epoch: bigint;
    readonly size: bigint;
    readonly root: Hex;
  };
  readonly succeeded: boolean;
};

export const codeHashes = {
  evidenceLog: seeded('code of EvidenceLog'),
  deviceRegistry: seeded('code of DeviceRegistry'),
} as const;

const fillers = Array.from({ length: 40 }, (_, i) => i);
const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

const account = (storageRoot: Hex, codeHash: Hex): Hex =>
  rlp([integer(1n), integer(0n), storageRoot, codeHash]);

/** A receipt of a dynamic-fee transaction: another contract's event, then `Anchored`. */
export function receiptOf({ anchored, evidenceLog, succeeded }: BlockContent): Hex {
  const topic = keccak256(stringToHex('Anchored(bytes32,uint64,uint64,bytes32,bytes32,uint64)'));
  const { logId, epoch, size, root } = anchored;
  const logs: Nested = [
    [cut(seeded('another contract'), 12), [topic], '0x01'],
    [evidenceLog, [topic, logId, word(epoch), word(size)], concatHex([root, seeded('manifest'), ZERO])],
  ];
  return concatHex(['0x02', rlp([succeeded ? '0x01' : '0x', integer(60_000n), bloom, logs])]);
}

export function headerOf(fields: {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
}): Nested[] {
  return [
    seeded('parent'),
    seeded('uncles'),
    cut(seeded('miner'), 12),
    fields.stateRoot,
    seeded('transactions'),
    fields.receiptsRoot,
    bloom,
    '0x',
    integer(fields.number),
    integer(30_000_000n),
    integer(120_000n),
    integer(fields.timestamp),
    '0x',
    seeded('mix'),
    '0x0000000000000000',
    integer(7n),
    seeded('withdrawals'),
    '0x',
    '0x',
    seeded('beacon'),
    seeded('requests'),
  ];
}

export const BLOCK_TIME = 1_767_225_660n;
export const RECEIPT_INDEX = 1n;

/** State, storage and receipts tries with other content around what is proven. */
export async function buildBlock(content: BlockContent) {
  const recordSlots = slots(content.identity, content.keyId);
  const storage = await trieOf([
    ...fillers.map((i) => [keccak256(seeded(`slot ${i}`)), rlp(integer(BigInt(i + 1)))] as const),
    ...(content.record ?? []).flatMap((value, i) =>
      value === 0n
        ? []
        : [
            [
              keccak256(recordSlots[i]!),
              (i === 0 ? content.slot : undefined) ?? rlp(integer(value)),
            ] as const,
          ],
    ),
  ]);
  const [logKey, registryKey] = [keccak256(content.evidenceLog), keccak256(content.deviceRegistry)];
  const state = await trieOf([
    ...fillers.map(
      (i) => [keccak256(seeded(`account ${i}`)), account(seeded('root'), seeded(`code ${i}`))] as const,
    ),
    [logKey, account(seeded('storage of EvidenceLog'), codeHashes.evidenceLog)],
    [registryKey, account(rootOf(storage), codeHashes.deviceRegistry)],
  ]);
  const bytes = receiptOf(content);
  const receiptKey = rlp(integer(RECEIPT_INDEX));
  const receipts = await trieOf([
    [rlp('0x'), rlp(['0x01', integer(21_000n), bloom, []])],
    [receiptKey, bytes],
    ['0x02', concatHex(['0x02', rlp(['0x', integer(99_000n), bloom, []])])],
  ]);
  const header = rlp(
    headerOf({
      number: content.number,
      timestamp: BLOCK_TIME,
      stateRoot: rootOf(state),
      receiptsRoot: rootOf(receipts),
    }),
  );
  return {
    anchor: {
      block: { hash: keccak256(header), header },
      receipt: { index: String(RECEIPT_INDEX), bytes, proof: await proofOf(receipts, receiptKey) },
      logIndex: '1',
      contract: await proofOf(state, logKey),
    },
    authority: {
      registry: await proofOf(state, registryKey),
      record: await Promise.all(recordSlots.map((slot) => proofOf(storage, keccak256(slot)))),
    },
  };
}
