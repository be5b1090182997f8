/**
 * Why evidence cannot be handed out.
 *
 * - `statement-unknown`: no statement of this digest was ever acknowledged.
 * - `not-sequenced`: acknowledged, but not in a published checkpoint yet.
 * - `not-anchored`: in the log, but no archived anchor covers it yet.
 * - `no-readings`: the statement is of a kind without readings.
 * - `payload-missing`: neither PostgreSQL nor the content store has the payload block.
 * - `payload-erased`: the key of the batch was destroyed on request, or is about to be.
 * - `payload-closed`: no key of the key store opens the payload: it was restored without it.
 * - `payload-corrupt`: the payload does not open the statement's commitment.
 * - `profile-unknown`: the document of the statement's profile was never given to this service.
 * - `nothing-selected`: the selection names no reading of the batch.
 * - `lineage-missing`: the key was revoked and the way to its last good statement is not in the log.
 * - `bundle-refused`: the protocol's verifier refuses what was put together; nothing leaves.
 */
export type EvidenceErrorCode =
  | 'statement-unknown'
  | 'not-sequenced'
  | 'not-anchored'
  | 'no-readings'
  | 'payload-missing'
  | 'payload-erased'
  | 'payload-closed'
  | 'payload-corrupt'
  | 'profile-unknown'
  | 'nothing-selected'
  | 'lineage-missing'
  | 'bundle-refused';

/** Evidence that cannot be handed out, and why. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  readonly code: EvidenceErrorCode;
  readonly detail: string;

  constructor(code: EvidenceErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
