import { createMPT, createMerkleProof } from '@ethereumjs/mpt';
import { toRlp, type Hex } from 'viem';
import {
  concat,
  fromBigInt,
  fromHex,
  keyRecordSlots,
  portable,
  toHex,
  utf8,
  type BundleAnchor,
  type BundleAuthority,
} from '../../../protocol/src/index.ts';
import { named } from './keys.ts';

/** A trie of a library that is not ours, so that our verifier is held against another's proofs. */
type Trie = Awaited<ReturnType<typeof createMPT>>;

const trieOf = async (entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): Promise<Trie> => {
  const trie = await createMPT();
  for (const [key, value] of entries) await trie.put(key, value);
  return trie;
};

const proofOf = async (trie: Trie, key: Uint8Array): Promise<Hex[]> =>
  (await createMerkleProof(trie, key)).map(toHex);

const keccak256 = (bytes: Uint8Array): Uint8Array => portable.keccak256(bytes);
const integer = (value: bigint): Hex => {
  const bytes = fromBigInt(value, 32);
  return toHex(bytes.slice(bytes.findIndex((byte) => byte !== 0) >>> 0));
};
const rlp = (item: Parameters<typeof toRlp>[0]): Uint8Array => fromHex(toRlp(item));
const FILLERS = Array.from({ length: 40 }, (_, i) => i);

/** What the registry says of a key, in words. */
export type RecordValues = {
  readonly validFrom: bigint;
  readonly revokedAt: bigint;
  readonly purpose: bigint;
  readonly algorithm: bigint;
  readonly profile: Uint8Array;
  readonly lastGood: Uint8Array;
};

/** The words of a record's three slots (docs/spec/identity.md). */
const wordsOf = (record: RecordValues): bigint[] => [
  record.validFrom | (record.revokedAt << 64n) | (record.purpose << 128n) | (record.algorithm << 144n),
  BigInt(toHex(record.profile)),
  BigInt(toHex(record.lastGood)),
];

/** What a block of the test chain holds. */
export type BlockContent = {
  readonly evidenceLog: Uint8Array;
  readonly deviceRegistry: Uint8Array;
  /** The key that the record is of; without a record, its absence is proven. */
  readonly author: Uint8Array;
  readonly keyId: Uint8Array;
  readonly record: RecordValues | undefined;
  readonly anchored: {
    readonly logId: Uint8Array;
    readonly epoch: bigint;
    readonly size: bigint;
    readonly root: Uint8Array;
  };
  readonly succeeded: boolean;
};

/** Evidence of a block, and what the two contracts' code hashes to. */
export type BlockEvidence = {
  readonly anchor: Omit<BundleAnchor, 'consistency'>;
  readonly authority: Omit<BundleAuthority, 'lineage'>;
  readonly codeHashes: { readonly evidenceLog: Hex; readonly deviceRegistry: Hex };
};

export const BLOCK = { number: 4_712n, timestamp: 1_767_225_660n } as const;
const RECEIPT_INDEX = 1;

/** Puts a block together: state, storage and receipts tries with other content around what is proven. */
export const buildBlock = async (content: BlockContent): Promise<BlockEvidence> => {
  const slots = keyRecordSlots(content.author, content.keyId);
  const words = content.record === undefined ? [] : wordsOf(content.record);
  const storage = await trieOf([
    ...FILLERS.map((i) => [keccak256(named(`slot ${i}`)), rlp(integer(BigInt(i + 1)))] as const),
    ...words.flatMap((word, i) =>
      word === 0n ? [] : [[keccak256(slots[i] ?? named('no slot')), rlp(integer(word))] as const],
    ),
  ]);
  const codeHashes = {
    evidenceLog: toHex(named('code of EvidenceLog')),
    deviceRegistry: toHex(named('code of DeviceRegistry')),
  };
  const account = (storageRoot: Uint8Array, codeHash: Hex) =>
    rlp([integer(1n), '0x', toHex(storageRoot), codeHash]);
  const evidenceLogKey = keccak256(content.evidenceLog);
  const registryKey = keccak256(content.deviceRegistry);
  const state = await trieOf([
    ...FILLERS.map(
      (i) =>
        [
          keccak256(named(`account ${i}`).slice(12)),
          account(named('root'), toHex(named(`code ${i}`))),
        ] as const,
    ),
    [evidenceLogKey, account(named('storage of EvidenceLog'), codeHashes.evidenceLog)],
    [registryKey, account(storage.root(), codeHashes.deviceRegistry)],
  ]);
  const bytes = receiptOf(content);
  const receiptKey = rlp(integer(BigInt(RECEIPT_INDEX)));
  const receipts = await trieOf([
    [rlp('0x'), rlp(['0x01', integer(21_000n), bloom, []])],
    [receiptKey, bytes],
    [rlp('0x02'), concat(Uint8Array.of(2), rlp(['0x', integer(99_000n), bloom, []]))],
  ]);
  const header = headerOf(state.root(), receipts.root());
  return {
    anchor: {
      block: { hash: toHex(keccak256(header)), header: toHex(header) },
      receipt: {
        index: String(RECEIPT_INDEX),
        bytes: toHex(bytes),
        proof: await proofOf(receipts, receiptKey),
      },
      logIndex: '1',
      contract: await proofOf(state, evidenceLogKey),
    },
    authority: {
      registry: await proofOf(state, registryKey),
      record: await Promise.all(slots.map((slot) => proofOf(storage, keccak256(slot)))),
    },
    codeHashes,
  };
};

const bloom: Hex = `0x${'00'.repeat(256)}`;
const word = (value: bigint): Hex => toHex(fromBigInt(value, 32));

/** The receipt of an anchoring: an event of another contract, then ours. */
const receiptOf = ({ anchored, evidenceLog, succeeded }: BlockContent): Uint8Array => {
  const { logId, epoch, size, root } = anchored;
  const topic = toHex(keccak256(utf8('Anchored(bytes32,uint64,uint64,bytes32,bytes32,uint64)')));
  const data = toHex(concat(root, named('manifest'), fromBigInt(0n, 32)));
  const logs = [
    [toHex(named('another contract').slice(12)), [topic], '0x01'],
    [toHex(evidenceLog), [topic, toHex(logId), word(epoch), word(size)], data],
  ] as const;
  const fields = [
    succeeded ? '0x01' : '0x',
    integer(60_000n),
    bloom,
    logs.map(([address, topics, logData]) => [address, [...topics], logData]),
  ] as Parameters<typeof toRlp>[0];
  return concat(Uint8Array.of(2), rlp(fields));
};

const headerOf = (stateRoot: Uint8Array, receiptsRoot: Uint8Array): Uint8Array => {
  const hash = (name: string) => toHex(named(name));
  return rlp([
    hash('parent'),
    hash('uncles'),
    toHex(named('miner').slice(12)),
    toHex(stateRoot),
    hash('transactions'),
    toHex(receiptsRoot),
    bloom,
    '0x',
    integer(BLOCK.number),
    integer(30_000_000n),
    integer(120_000n),
    integer(BLOCK.timestamp),
    '0x',
    hash('mix'),
    '0x0000000000000000',
    integer(7n),
    hash('withdrawals'),
    '0x',
    '0x',
    hash('beacon'),
    hash('requests'),
  ]);
};
