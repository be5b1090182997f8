import { bytesToHex, hexToBytes, type Hex } from 'viem';

import type { Database, Queryable } from '../../adapters/postgres/database.ts';

/** A transaction of one of our accounts, on one nonce, whatever its fees. */
export type OutboxTransaction = {
  readonly id: bigint;
  readonly reference: string;
  readonly nonce: bigint;
  readonly to: Hex;
  readonly data: Hex;
  readonly gas: bigint;
  /**
   * `pending`: in no block yet. `mined` and `reverted`: in a block, successful or not. `lost`: the
   * nonce was spent by a transaction that is not ours.
   */
  readonly status: 'pending' | 'mined' | 'reverted' | 'lost';
  /** Hash of the attempt in a block; set with `mined` and `reverted`. */
  readonly minedHash: Hex | undefined;
};

/** One signed form of a transaction. Later attempts pay more. */
export type OutboxAttempt = {
  readonly hash: Hex;
  readonly raw: Hex;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly sent: boolean;
  /** Milliseconds since it was sent, or stored when it never was. */
  readonly ageMs: number;
};

type TransactionRow = {
  id: bigint;
  reference: string;
  nonce: bigint;
  destination: Uint8Array;
  calldata: Uint8Array;
  gas_limit: bigint;
  status: OutboxTransaction['status'];
  mined_hash: Uint8Array | null;
};

const COLUMNS = 'id, reference, nonce, destination, calldata, gas_limit, status, mined_hash';

const toTransaction = (row: TransactionRow): OutboxTransaction => ({
  id: row.id,
  reference: row.reference,
  nonce: row.nonce,
  to: bytesToHex(row.destination),
  data: bytesToHex(row.calldata),
  gas: row.gas_limit,
  status: row.status,
  minedHash: row.mined_hash === null ? undefined : bytesToHex(row.mined_hash),
});

/** The newest transaction of a reference, or `undefined`. */
export const findByReference = async (
  queryable: Queryable,
  reference: string,
): Promise<OutboxTransaction | undefined> => {
  const [row] = await queryable.query<TransactionRow>(
    `SELECT ${COLUMNS} FROM outbox_transaction WHERE reference = $1 ORDER BY id DESC LIMIT 1`,
    [reference],
  );
  return row === undefined ? undefined : toTransaction(row);
};

/** Pending transactions of an account, lowest nonce first. */
export const pendingOf = async (queryable: Queryable, account: Hex): Promise<OutboxTransaction[]> => {
  const rows = await queryable.query<TransactionRow>(
    `SELECT ${COLUMNS} FROM outbox_transaction WHERE account = $1 AND status = 'pending' ORDER BY nonce`,
    [hexToBytes(account)],
  );
  return rows.map(toTransaction);
};

/** Attempts of a transaction, cheapest first. */
export const attemptsOf = async (queryable: Queryable, id: bigint): Promise<OutboxAttempt[]> => {
  const rows = await queryable.query<{
    hash: Uint8Array;
    raw: Uint8Array;
    max_fee: string;
    max_priority_fee: string;
    sent: boolean;
    age_ms: number;
  }>(
    `SELECT hash, raw, max_fee, max_priority_fee, sent_at IS NOT NULL AS sent,
       (extract(epoch FROM now() - coalesce(sent_at, created_at)) * 1000)::float8 AS age_ms
     FROM outbox_attempt WHERE transaction_id = $1 ORDER BY max_fee`,
    [id],
  );
  return rows.map((row) => ({
    hash: bytesToHex(row.hash),
    raw: bytesToHex(row.raw),
    maxFeePerGas: BigInt(row.max_fee),
    maxPriorityFeePerGas: BigInt(row.max_priority_fee),
    sent: row.sent,
    ageMs: row.age_ms,
  }));
};

/**
 * Serialises nonce allocation of one account across processes for the length of a transaction.
 *
 * @returns the nonce after the highest that was given to a transaction of ours
 */
export const reserveNonce = async (tx: Queryable, account: Hex): Promise<bigint> => {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`outbox:${account}`]);
  const [row] = await tx.query<{ highest: bigint | null }>(
    `SELECT max(nonce) AS highest FROM outbox_transaction WHERE account = $1 AND status <> 'lost'`,
    [hexToBytes(account)],
  );
  return (row?.highest ?? -1n) + 1n;
};

/** Stores a transaction that has not been sent. */
export const insertTransaction = async (
  tx: Queryable,
  account: Hex,
  transaction: Pick<OutboxTransaction, 'reference' | 'nonce' | 'to' | 'data' | 'gas'>,
): Promise<bigint> => {
  const [row] = await tx.query<{ id: bigint }>(
    `INSERT INTO outbox_transaction (account, reference, nonce, destination, calldata, gas_limit)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [
      hexToBytes(account),
      transaction.reference,
      transaction.nonce,
      hexToBytes(transaction.to),
      hexToBytes(transaction.data),
      transaction.gas,
    ],
  );
  if (row === undefined) throw new RangeError('INSERT returned no row');
  return row.id;
};

/** Stores a signed form before it is sent. */
export const insertAttempt = async (
  tx: Queryable,
  id: bigint,
  attempt: Omit<OutboxAttempt, 'sent' | 'ageMs'>,
): Promise<void> => {
  await tx.execute(
    `INSERT INTO outbox_attempt (transaction_id, hash, raw, max_fee, max_priority_fee) VALUES ($1, $2, $3, $4, $5)`,
    [
      id,
      hexToBytes(attempt.hash),
      hexToBytes(attempt.raw),
      attempt.maxFeePerGas,
      attempt.maxPriorityFeePerGas,
    ],
  );
};

/** Notes that a node took the attempt. */
export const markSent = async (database: Database, id: bigint, hash: Hex): Promise<void> => {
  await database.execute(
    'UPDATE outbox_attempt SET sent_at = now() WHERE transaction_id = $1 AND hash = $2',
    [id, hexToBytes(hash)],
  );
};

/** Notes the outcome of a pending transaction. */
export const settle = async (
  database: Database,
  id: bigint,
  outcome:
    | {
        readonly status: 'mined' | 'reverted';
        readonly hash: Hex;
        readonly blockNumber: bigint;
        readonly blockHash: Hex;
      }
    | { readonly status: 'lost' },
): Promise<void> => {
  const block =
    outcome.status === 'lost'
      ? [null, null, null]
      : [hexToBytes(outcome.hash), outcome.blockNumber, hexToBytes(outcome.blockHash)];
  await database.execute(
    `UPDATE outbox_transaction SET status = $2, mined_hash = $3, mined_block = $4, block_hash = $5
     WHERE id = $1 AND status = 'pending'`,
    [id, outcome.status, ...block],
  );
};

/**
 * Takes back outcomes that a reorganisation undid: a settled transaction whose nonce the chain has
 * not spent is pending again.
 */
export const reopenUnspent = async (database: Database, account: Hex, chainNonce: bigint): Promise<number> =>
  database.execute(
    `UPDATE outbox_transaction SET status = 'pending', mined_hash = NULL, mined_block = NULL, block_hash = NULL
     WHERE account = $1 AND nonce >= $2 AND status IN ('mined', 'reverted')`,
    [hexToBytes(account), chainNonce],
  );
