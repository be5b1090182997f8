import type { KindName } from '@gridseal/protocol/statement/types';
import type { Refusal } from './types.ts';

/** The place of a statement in its author's chain. Sequences are below 2⁶³, as PostgreSQL counts. */
export type Place = {
  readonly author: Uint8Array;
  readonly lane: number;
  readonly boot: number;
  readonly sequence: bigint;
};

/** What a Reset opens, and the statement that it names. */
export type ResetClaim = {
  readonly subject: Uint8Array;
  readonly lane: number;
  readonly boot: number;
  readonly lastKnown: Uint8Array;
};

/** A statement that its author was allowed to make, before the costly checks. */
export type Admitted = {
  readonly kind: KindName;
  readonly place: Place;
  readonly previous: Uint8Array;
  readonly keyId: Uint8Array;
  readonly digest: Uint8Array;
  /** Encoded author part, a P-256 signature in low-s form. */
  readonly authorPart: Uint8Array;
  readonly signature: Uint8Array;
  /** The key must be this identity's own, when a kind needs no key record. */
  readonly ownKeyOf: Uint8Array | undefined;
  readonly reset: ResetClaim | undefined;
  /** Last good digest of a revoked key: the statement must prove to be it or an ancestor. */
  readonly lastGood: Uint8Array | undefined;
  readonly telemetry:
    | {
        readonly count: number;
        readonly startMs: number;
        readonly endMs: number;
        readonly readingsRoot: Uint8Array;
        readonly batchKey: Uint8Array;
        readonly columnar: Uint8Array;
      }
    | undefined;
};

/** A payload block ready to be stored, with what the operator part says of it. */
export type SealedPayload = {
  readonly block: Uint8Array;
  readonly cid: Uint8Array;
  readonly keyCommitment: Uint8Array;
};

/** What the costly checks need of a statement. */
export type Examinable = Pick<Admitted, 'digest' | 'signature' | 'keyId' | 'ownKeyOf' | 'telemetry'>;

/** A statement that holds in itself; only the database can still refuse it. */
export type Candidate = Omit<Admitted, 'telemetry' | 'signature' | 'ownKeyOf'> & {
  readonly payload: SealedPayload | undefined;
};

/** Either what a check let through, or why it did not. `digest` is known once the statement was decoded. */
export type Checked<Passed> =
  { readonly passed: Passed } | { readonly refused: Refusal; readonly digest: Uint8Array | undefined };

/** A text that names a place, for maps. */
export const placeName = ({ author, lane, boot, sequence }: Place): string =>
  `${Buffer.from(author.buffer, author.byteOffset, author.byteLength).toString('latin1')}/${lane}/${boot}/${sequence}`;

/** Order of places: author bytes, then numbers. Every insert follows it, so that two never deadlock. */
export const comparePlaces = (a: Place, b: Place): number =>
  Buffer.compare(a.author, b.author) ||
  a.lane - b.lane ||
  a.boot - b.boot ||
  (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0);
