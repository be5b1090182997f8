import { toHex } from '@gridseal/protocol';

import type { Database } from '../../adapters/postgres/database.ts';
import type { OpenChallenge } from './types.ts';

type Row = {
  receipt_digest: Uint8Array;
  digest: Uint8Array;
  entry_hash: Uint8Array;
  deadline: bigint;
  answer_by: bigint;
};

/** References of answers in the outbox. */
export const ANSWER = 'answer:';

/** Challenges of this log's promises, as the follower found them. */
export type ChallengeStore = {
  /** Those that are still heard at a time, the most urgent first. @param time Unix seconds */
  readonly open: (time: bigint) => Promise<readonly OpenChallenge[]>;
  /** Answers sent within the last day. */
  readonly answeredToday: () => Promise<number>;
  /** Answers sent to one challenge, by their reference in the outbox. */
  readonly triesOf: (reference: string) => Promise<number>;
};

/** Creates the access. */
export const createChallengeStore = (database: Database): ChallengeStore => ({
  open: async (time) => {
    const rows = await database.query<Row>(
      `SELECT receipt_digest, digest, entry_hash, deadline, answer_by FROM promise_challenge
       WHERE answered_block IS NULL AND answer_by >= $1 ORDER BY answer_by, receipt_digest`,
      [time],
    );
    return rows.map((row) => ({
      receiptDigest: toHex(row.receipt_digest),
      digest: toHex(row.digest),
      entryHash: toHex(row.entry_hash),
      deadline: row.deadline,
      answerBy: row.answer_by,
    }));
  },
  answeredToday: async () => {
    const [row] = await database.query<{ count: bigint }>(
      `SELECT count(*) AS count FROM outbox_transaction
       WHERE starts_with(reference, $1) AND created_at > now() - interval '1 day'`,
      [ANSWER],
    );
    return Number(row?.count ?? 0n);
  },
  triesOf: async (reference) => {
    const [row] = await database.query<{ count: bigint }>(
      'SELECT count(*) AS count FROM outbox_transaction WHERE reference = $1',
      [reference],
    );
    return Number(row?.count ?? 0n);
  },
});
