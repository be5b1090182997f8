import { bytesToHex, hexToBytes } from 'viem';

import type { Database } from '../../../adapters/postgres/database.ts';
import type { AnchorArchive, AnchorEvidence } from '../types.ts';
import { fromNodes, toNodes, type KeyRecordProof } from './state-proofs.ts';

type EvidenceRow = {
  id: bigint;
  epoch: bigint;
  size: bigint;
  root: Uint8Array;
  checkpoint: string;
  block_number: bigint;
  block_hash: Uint8Array;
  block_time: bigint;
  header: Uint8Array;
  transaction_hash: Uint8Array;
  receipt_index: number;
  receipt: Uint8Array;
  receipt_proof: Uint8Array[];
  log_index: number;
  contract_proof: Uint8Array[];
  registry_proof: Uint8Array[];
};

const toEvidence = (row: EvidenceRow): AnchorEvidence => ({
  anchorId: row.id,
  epoch: row.epoch,
  size: row.size,
  root: bytesToHex(row.root),
  checkpoint: row.checkpoint,
  blockNumber: row.block_number,
  blockHash: bytesToHex(row.block_hash),
  blockTime: row.block_time,
  header: bytesToHex(row.header),
  transactionHash: bytesToHex(row.transaction_hash),
  receipt: { index: row.receipt_index, bytes: bytesToHex(row.receipt), proof: fromNodes(row.receipt_proof) },
  logIndex: row.log_index,
  contractProof: fromNodes(row.contract_proof),
  registryProof: fromNodes(row.registry_proof),
});

/** The evidence of an anchor with the key records that it proves. */
export type ArchivedEvidence = {
  readonly evidence: AnchorEvidence;
  /** Entries from here to the anchor's size have their authors' keys proven. */
  readonly coversFrom: bigint;
  readonly keyRecords: readonly KeyRecordProof[];
};

/** The archive of anchor evidence: written once per anchor, read by bundles. */
export type EvidenceStore = AnchorArchive & {
  /** Where the evidence of an anchor of this size must begin to cover: the archived size before it, of whichever epoch. */
  readonly coveredBelow: (epoch: bigint, size: bigint) => Promise<bigint>;
  /** Everything that is archived of an anchor, or `undefined`. */
  readonly find: (anchorId: bigint) => Promise<ArchivedEvidence | undefined>;
  /** Stores evidence and key records in one transaction; storing it again changes nothing. */
  readonly store: (
    evidence: Omit<AnchorEvidence, 'epoch' | 'size' | 'root' | 'checkpoint'>,
    coversFrom: bigint,
    keyRecords: readonly KeyRecordProof[],
  ) => Promise<void>;
};

/** Creates the access to the archive tables. */
export const createEvidenceStore = (database: Database): EvidenceStore => ({
  coveredBelow: async (epoch, size) => {
    const [row] = await database.query<{ size: bigint | null }>(
      `SELECT max(a.size) AS size FROM anchor a JOIN anchor_evidence e ON e.anchor_id = a.id
       WHERE a.epoch <= $1 AND a.size < $2`,
      [epoch, size],
    );
    return row?.size ?? 0n;
  },
  evidenceFor: async (index) => {
    const [row] = await database.query<EvidenceRow>(
      `SELECT a.id, a.epoch, a.size, a.root, a.checkpoint, e.* FROM anchor a JOIN anchor_evidence e ON e.anchor_id = a.id
       WHERE a.size > $1 AND e.covers_from <= $1 ORDER BY a.size LIMIT 1`,
      [index],
    );
    return row === undefined ? undefined : toEvidence(row);
  },
  keyRecord: async (anchorId, identity, keyId) => {
    const [row] = await database.query<{
      validity: Uint8Array[];
      profile: Uint8Array[];
      last_good: Uint8Array[];
    }>(
      `SELECT validity, profile, last_good FROM anchor_key_record
       WHERE anchor_id = $1 AND identity = $2 AND key_id = $3`,
      [anchorId, hexToBytes(identity), hexToBytes(keyId)],
    );
    if (row === undefined) return undefined;
    return [fromNodes(row.validity), fromNodes(row.profile), fromNodes(row.last_good)];
  },
  find: async (anchorId) => {
    const [row] = await database.query<EvidenceRow & { covers_from: bigint }>(
      `SELECT a.id, a.epoch, a.size, a.root, a.checkpoint, e.* FROM anchor a JOIN anchor_evidence e ON e.anchor_id = a.id
       WHERE a.id = $1`,
      [anchorId],
    );
    if (row === undefined) return undefined;
    const keys = await database.query<{
      identity: Uint8Array;
      key_id: Uint8Array;
      validity: Uint8Array[];
      profile: Uint8Array[];
      last_good: Uint8Array[];
    }>('SELECT * FROM anchor_key_record WHERE anchor_id = $1 ORDER BY identity, key_id', [anchorId]);
    return {
      evidence: toEvidence(row),
      coversFrom: row.covers_from,
      keyRecords: keys.map(({ identity, key_id, validity, profile, last_good }) => ({
        identity: bytesToHex(identity),
        keyId: bytesToHex(key_id),
        record: [fromNodes(validity), fromNodes(profile), fromNodes(last_good)],
      })),
    };
  },
  store: async (evidence, coversFrom, keyRecords) =>
    database.transaction(async (tx) => {
      const inserted = await tx.execute(
        `INSERT INTO anchor_evidence (anchor_id, block_number, block_hash, block_time, header, transaction_hash,
           receipt_index, receipt, receipt_proof, log_index, contract_proof, registry_proof, covers_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (anchor_id) DO NOTHING`,
        [
          evidence.anchorId,
          evidence.blockNumber,
          hexToBytes(evidence.blockHash),
          evidence.blockTime,
          hexToBytes(evidence.header),
          hexToBytes(evidence.transactionHash),
          evidence.receipt.index,
          hexToBytes(evidence.receipt.bytes),
          toNodes(evidence.receipt.proof),
          evidence.logIndex,
          toNodes(evidence.contractProof),
          toNodes(evidence.registryProof),
          coversFrom,
        ],
      );
      if (inserted === 0) return;
      for (const { identity, keyId, record } of keyRecords) {
        await tx.execute(
          `INSERT INTO anchor_key_record (anchor_id, identity, key_id, validity, profile, last_good)
           VALUES ($1, $2, $3, $4, $5, $6)`,
          [evidence.anchorId, hexToBytes(identity), hexToBytes(keyId), ...record.map(toNodes)],
        );
      }
    }),
});
