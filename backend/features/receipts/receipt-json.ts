import { z } from 'zod';
import { toHex } from '@gridseal/protocol/bytes';
import type { SignedReceipt } from '../ingest/types.ts';
import type { StagedReceipt } from './types.ts';

const hash = z.string().meta({ description: '32 bytes, 0x hex' });
const integer = z.string().meta({ description: 'a decimal integer' });

/** The operator's promise as JSON. */
export const signedReceiptSchema = z.object({
  logId: hash,
  digest: hash,
  entryHash: hash.meta({ description: 'RFC 6962 leaf hash of the log entry' }),
  receiptTimeMs: integer.meta({ description: 'Unix milliseconds' }),
  deadline: integer.meta({ description: 'block time in seconds by which an anchor covers the entry' }),
  signature: z.string().meta({ description: 'algorithm ‖ r ‖ s ‖ v, 0x hex' }),
});

/** A staged receipt as JSON. */
export const stagedReceiptSchema = z.object({
  digest: hash,
  stage: z.enum(['accepted', 'sequenced', 'cosigned', 'anchored', 'final']),
  accepted: signedReceiptSchema,
  sequenced: z.object({ index: integer, checkpoint: z.string() }).nullable(),
  cosigned: z.object({ checkpoint: z.string() }).nullable(),
  anchored: z
    .object({
      size: integer,
      root: hash,
      transactionHash: hash,
      blockNumber: integer,
      blockHash: hash,
      blockTime: integer,
      final: z.boolean(),
    })
    .nullable(),
});

export const signedReceiptJson = ({
  receipt,
  signature,
}: SignedReceipt): z.input<typeof signedReceiptSchema> => ({
  logId: toHex(receipt.logId),
  digest: toHex(receipt.digest),
  entryHash: toHex(receipt.entryHash),
  receiptTimeMs: receipt.receiptTimeMs.toString(),
  deadline: receipt.deadline.toString(),
  signature: toHex(signature),
});

export const stagedReceiptJson = (staged: StagedReceipt): unknown => ({
  digest: toHex(staged.digest),
  stage: staged.stage,
  accepted: signedReceiptJson(staged.accepted),
  sequenced: staged.sequenced ?? null,
  cosigned: staged.cosigned ?? null,
  anchored: staged.anchored ?? null,
});
