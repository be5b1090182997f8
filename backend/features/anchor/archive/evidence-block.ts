import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import { bytesToHex, hexToBytes } from 'viem';

import { cborBlock, linkList, type Block } from '../../../content/blocks.ts';
import type { ReadBlock } from '../../../content/dag.ts';
import { ManifestError, readLinks } from '../manifest.ts';
import type { ArchivedEvidence } from './evidence-store.ts';
import { fromNodes, toNodes, type KeyRecordProof } from './state-proofs.ts';

const EVIDENCE_VERSION = 1;

/** Evidence of an anchor as it is read back: everything but what the anchor itself says. */
export type StoredEvidence = Omit<ArchivedEvidence, 'evidence'> & {
  readonly size: bigint;
  readonly evidence: Omit<
    ArchivedEvidence['evidence'],
    'anchorId' | 'epoch' | 'size' | 'root' | 'checkpoint'
  >;
};

/**
 * The archived evidence of an anchor as blocks: one for the anchor, one for each key record, and the lists between them.
 *
 * @example const { root, blocks } = await evidenceBlocks(archived)
 */
export const evidenceBlocks = async ({
  evidence,
  coversFrom,
  keyRecords,
}: ArchivedEvidence): Promise<{ readonly root: CID; readonly blocks: readonly Block[] }> => {
  const records = keyRecords.map(({ identity, keyId, record }) =>
    cborBlock([hexToBytes(identity), hexToBytes(keyId), ...record.map(toNodes)]),
  );
  const list = await linkList(records.map(({ cid }) => cid));
  const { receipt } = evidence;
  const root = cborBlock({
    version: EVIDENCE_VERSION,
    size: evidence.size,
    blockNumber: evidence.blockNumber,
    blockHash: hexToBytes(evidence.blockHash),
    blockTime: evidence.blockTime,
    header: hexToBytes(evidence.header),
    transactionHash: hexToBytes(evidence.transactionHash),
    receipt: [receipt.index, hexToBytes(receipt.bytes), toNodes(receipt.proof)],
    logIndex: evidence.logIndex,
    contractProof: toNodes(evidence.contractProof),
    registryProof: toNodes(evidence.registryProof),
    coversFrom,
    keyRecords: list.root,
  });
  return { root: root.cid, blocks: [...records, ...list.blocks, root] };
};

type EvidenceFields = {
  readonly version: number;
  readonly size: number | bigint;
  readonly blockNumber: number | bigint;
  readonly blockHash: Uint8Array;
  readonly blockTime: number | bigint;
  readonly header: Uint8Array;
  readonly transactionHash: Uint8Array;
  readonly receipt: readonly [number, Uint8Array, readonly Uint8Array[]];
  readonly logIndex: number;
  readonly contractProof: readonly Uint8Array[];
  readonly registryProof: readonly Uint8Array[];
  readonly coversFrom: number | bigint;
  readonly keyRecords: CID;
};

type RecordFields = readonly [Uint8Array, Uint8Array, ...(readonly Uint8Array[])[]];

/**
 * Reads evidence back. Who uses it proves it against the chain's block hash: a block that is its CID's may still say anything.
 *
 * @param read gives blocks that were checked against their CIDs
 * @throws ManifestError `evidence` when a block is missing or not what this version writes
 */
export const readEvidence = async (read: ReadBlock, root: CID): Promise<StoredEvidence> => {
  const block = async (cid: CID): Promise<Uint8Array> => {
    const bytes = await read(cid);
    if (bytes === undefined) throw new ManifestError(`evidence ${cid.toString()} is missing`);
    return bytes;
  };
  const fields = dagCbor.decode<EvidenceFields>(await block(root));
  const list = CID.asCID(fields.keyRecords);
  if (fields.version !== EVIDENCE_VERSION || list === null) throw new ManifestError('evidence');
  const keyRecords: KeyRecordProof[] = [];
  for (const leaf of readLinks(await block(list)))
    for (const cid of readLinks(await block(leaf))) {
      const [identity, keyId, validity, profile, lastGood] = dagCbor.decode<RecordFields>(await block(cid));
      if (validity === undefined || profile === undefined || lastGood === undefined)
        throw new ManifestError('evidence.keyRecords');
      keyRecords.push({
        identity: bytesToHex(identity),
        keyId: bytesToHex(keyId),
        record: [fromNodes(validity), fromNodes(profile), fromNodes(lastGood)],
      });
    }
  const [index, bytes, proof] = fields.receipt;
  return {
    size: BigInt(fields.size),
    coversFrom: BigInt(fields.coversFrom),
    keyRecords,
    evidence: {
      blockNumber: BigInt(fields.blockNumber),
      blockHash: bytesToHex(fields.blockHash),
      blockTime: BigInt(fields.blockTime),
      header: bytesToHex(fields.header),
      transactionHash: bytesToHex(fields.transactionHash),
      receipt: { index, bytes: bytesToHex(bytes), proof: fromNodes(proof) },
      logIndex: fields.logIndex,
      contractProof: fromNodes(fields.contractProof),
      registryProof: fromNodes(fields.registryProof),
    },
  };
};
