import { fromHex, toHex } from '@gridseal/protocol/bytes';
import { KINDS } from '@gridseal/protocol/statement/types';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { ChainHole } from './chain-store.ts';
import type { BrokenLink } from './chains.ts';
import type { OperatorAuthor } from './operator-author.ts';
import type { OperatorIntents } from './types.ts';

/** Most statements of each kind in one transaction; the rest waits for the next. */
const A_TRANSACTION = 256;

type IndexOf = (sequence: bigint) => bigint;

/** Declares types whose declaration the log lacks: all of them in a new log, new kinds after an upgrade. */
export const declareTypes = async (
  tx: Queryable,
  author: OperatorAuthor,
  indexOf: IndexOf,
): Promise<void> => {
  const declared = await tx.query<{ type_hash: Uint8Array }>('SELECT type_hash FROM declared_type');
  const known = new Set(declared.map(({ type_hash }) => toHex(type_hash)));
  for (const kind of Object.values(KINDS)) {
    if (known.has(toHex(kind.typeHash))) continue;
    const { sequence } = author.state('TypeDeclaration', { declaration: kind.type });
    await tx.execute('INSERT INTO declared_type (type_hash, log_index) VALUES ($1, $2)', [
      kind.typeHash,
      indexOf(sequence),
    ]);
  }
};

/** States intervals that stayed missing for the whole window. */
export const stateGaps = (author: OperatorAuthor, holes: readonly ChainHole[], windowMs: number): void => {
  for (const { author: subject, lane, boot, hole } of holes)
    author.state('Gap', {
      subject,
      lane,
      boot,
      firstSequence: hole.first,
      lastSequence: hole.last,
      windowMs: BigInt(windowMs),
    });
};

/** Keeps broken links as conflicts: one a place, the others counted. */
export const recordBrokenLinks = async (tx: Queryable, broken: readonly BrokenLink[]): Promise<void> => {
  for (const { predecessor, successor } of broken) {
    const { author, lane, boot, sequence } = predecessor;
    await tx.execute(
      `INSERT INTO conflict (author, lane, boot, sequence, form, accepted_digest, conflicting_digest, conflicting)
       VALUES ($1, $2, $3, $4, 'broken-link', $5, $6, $7)
       ON CONFLICT (author, lane, boot, sequence) DO UPDATE SET refusals = conflict.refusals + 1`,
      [author, lane, boot, sequence, predecessor.digest, successor.previous, successor.authorPart],
    );
  }
};

/** States conflicts that the log does not have yet. */
export const stateEquivocations = async (tx: Queryable, author: OperatorAuthor): Promise<void> => {
  const rows = await tx.query<{
    author: Uint8Array;
    lane: bigint;
    boot: bigint;
    sequence: bigint;
    accepted_digest: Uint8Array;
    conflicting_digest: Uint8Array;
    conflicting: Uint8Array;
  }>(
    `UPDATE conflict SET recorded = true WHERE (author, lane, boot, sequence) IN (
       SELECT author, lane, boot, sequence FROM conflict WHERE NOT recorded
       ORDER BY author, lane, boot, sequence LIMIT ${A_TRANSACTION} FOR UPDATE SKIP LOCKED)
     RETURNING author, lane, boot, sequence, accepted_digest, conflicting_digest, conflicting`,
  );
  // RETURNING has no order of its own, and the log's must not hang on a query plan.
  rows.sort((a, b) => Buffer.compare(a.author, b.author) || Number(a.sequence - b.sequence));
  for (const row of rows)
    author.state('Equivocation', {
      subject: row.author,
      lane: Number(row.lane),
      boot: Number(row.boot),
      sequence: row.sequence,
      acceptedDigest: row.accepted_digest,
      conflictingDigest: row.conflicting_digest,
      conflicting: row.conflicting,
    });
};

type RegistryEventJson = {
  readonly identity: string;
  readonly keyId: string;
  readonly change: number;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
};

type ErasureJson = { readonly erased: string; readonly keyCommitment: string; readonly reason: string };

type Intent =
  | { readonly id: bigint; readonly kind: 'RegistryEvent'; readonly body: RegistryEventJson }
  | { readonly id: bigint; readonly kind: 'Erasure'; readonly body: ErasureJson };

const stateIntent = (author: OperatorAuthor, { kind, body }: Intent): { readonly sequence: bigint } =>
  kind === 'Erasure'
    ? author.state('Erasure', {
        erased: fromHex(body.erased, 'intent.erased', 32),
        keyCommitment: fromHex(body.keyCommitment, 'intent.keyCommitment', 32),
        reason: body.reason,
      })
    : author.state('RegistryEvent', {
        identity: fromHex(body.identity, 'intent.identity', 20),
        keyId: fromHex(body.keyId, 'intent.keyId', 32),
        change: body.change,
        blockNumber: BigInt(body.blockNumber),
        blockHash: fromHex(body.blockHash, 'intent.blockHash', 32),
        transactionHash: fromHex(body.transactionHash, 'intent.transactionHash', 32),
        logIndex: body.logIndex,
      });

/** States what features asked for, in the order of asking. */
export const stateIntents = async (
  tx: Queryable,
  author: OperatorAuthor,
  indexOf: IndexOf,
): Promise<void> => {
  const rows = await tx.query<Intent>(
    `SELECT id, kind, body FROM operator_intent WHERE log_index IS NULL ORDER BY id LIMIT ${A_TRANSACTION}`,
  );
  const ids: bigint[] = [];
  const indices: bigint[] = [];
  for (const intent of rows) {
    const { sequence } = stateIntent(author, intent);
    ids.push(intent.id);
    indices.push(indexOf(sequence));
  }
  if (ids.length === 0) return;
  await tx.execute(
    `UPDATE operator_intent SET log_index = stated.index
     FROM unnest($1::bigint[], $2::bigint[]) AS stated (id, index) WHERE operator_intent.id = stated.id`,
    [ids, indices],
  );
};

/** The queue that other features put their wishes in. */
export const operatorIntents: OperatorIntents = {
  erasure: async (tx, { digest, keyCommitment, reason }) => {
    const erased = toHex(digest);
    const body: ErasureJson = { erased, keyCommitment: toHex(keyCommitment), reason };
    await tx.execute(
      `INSERT INTO operator_intent (reference, kind, body) VALUES ($1, 'Erasure', $2::jsonb)
       ON CONFLICT (reference) DO NOTHING`,
      [`erasure:${erased}`, JSON.stringify(body)],
    );
  },
  registryChanges: async (tx, changes) => {
    for (const change of changes) {
      const reference = `registry:${change.blockHash}:${change.logIndex}`;
      const body = { ...change, blockNumber: change.blockNumber.toString() };
      await tx.execute(
        `INSERT INTO operator_intent (reference, kind, body) VALUES ($1, 'RegistryEvent', $2::jsonb)
         ON CONFLICT (reference) DO NOTHING`,
        [reference, JSON.stringify(body)],
      );
    }
  },
};
