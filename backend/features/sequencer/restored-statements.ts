import { equal, toHex } from '@gridseal/protocol/bytes';
import { decodeAuthorPart } from '@gridseal/protocol/statement/codec';
import { KINDS, kindOf, readStatement } from '@gridseal/protocol/statement/types';
import { typeHash } from '@gridseal/protocol/statement/type-string';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Queryable } from '../../adapters/postgres/database.ts';

/** A statement on its way back into the tables. */
export type RestoredStatement = {
  readonly index: bigint;
  readonly authorPart: Uint8Array;
  readonly digest: Uint8Array;
};

const TELEMETRY = KINDS.TelemetryBatch.typeHash;
/** Bytes of an author part before its type hash ends. */
const TYPE_HASH = 32;

/**
 * Puts back what a statement other than telemetry left in other tables when it was made: so that the operator does not state
 * it again, and a device that was reset is known as such.
 *
 * @throws ProtocolError when the statement is of a known kind and malformed
 */
export const restoreEffects = async (
  tx: Queryable,
  { index, authorPart, digest }: RestoredStatement,
  primitives: Primitives,
): Promise<void> => {
  const hash = authorPart.subarray(0, TYPE_HASH);
  if (equal(hash, TELEMETRY) || kindOf(hash) === undefined) return;
  const statement = readStatement(decodeAuthorPart(authorPart), primitives);
  switch (statement.kind) {
    case 'TypeDeclaration':
      await tx.execute(
        'INSERT INTO declared_type (type_hash, log_index) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [typeHash(statement.body.declaration, primitives), index],
      );
      return;
    case 'RegistryEvent': {
      const { blockHash, logIndex } = statement.body;
      await tx.execute(
        `INSERT INTO operator_intent (reference, kind, body, log_index) VALUES ($1, 'RegistryEvent', '{}'::jsonb, $2)
         ON CONFLICT (reference) DO NOTHING`,
        [`registry:${toHex(blockHash)}:${logIndex}`, index],
      );
      return;
    }
    case 'Equivocation': {
      const { subject, lane, boot, sequence, acceptedDigest, conflictingDigest, conflicting } =
        statement.body;
      const form = decodeAuthorPart(conflicting).header.sequence === sequence ? 'same-place' : 'broken-link';
      await tx.execute(
        `INSERT INTO conflict (author, lane, boot, sequence, form, accepted_digest, conflicting_digest, conflicting, recorded)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true) ON CONFLICT DO NOTHING`,
        [subject, lane, boot, sequence, form, acceptedDigest, conflictingDigest, conflicting],
      );
      return;
    }
    case 'Gap': {
      const { subject, lane, boot, firstSequence, lastSequence } = statement.body;
      await tx.execute(
        `UPDATE chain_hole SET recorded = true
         WHERE author = $1 AND lane = $2 AND boot = $3 AND first_sequence >= $4 AND last_sequence <= $5`,
        [subject, lane, boot, firstSequence, lastSequence],
      );
      return;
    }
    case 'Reset': {
      const { subject, lane, boot } = statement.body;
      await tx.execute(
        'INSERT INTO chain_reset (subject, lane, boot, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [subject, lane, boot, digest],
      );
      return;
    }
    case 'Erasure': {
      const { erased, keyCommitment, reason } = statement.body;
      await tx.execute(
        `INSERT INTO erasure (digest, period, key_commitment, reason, erased_at) VALUES ($1, '', $2, $3, now())
         ON CONFLICT (digest) DO NOTHING`,
        [erased, keyCommitment, reason],
      );
      await tx.execute(
        `INSERT INTO operator_intent (reference, kind, body, log_index) VALUES ($1, 'Erasure', '{}'::jsonb, $2)
         ON CONFLICT (reference) DO NOTHING`,
        [`erasure:${toHex(erased)}`, index],
      );
      return;
    }
    case 'TelemetryBatch':
  }
};
