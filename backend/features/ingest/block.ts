import { encodeEntry } from '@gridseal/protocol/statement/codec';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import { comparePlaces, type Candidate } from './candidate.ts';

/** When statements are taken, and by when an anchor is promised to cover them. */
export type Promised = { readonly receiptTimeMs: bigint; readonly deadline: bigint };

/** A statement with its log entry, as a block holds it. */
export type BlockEntry = {
  readonly candidate: Candidate;
  readonly bytes: Uint8Array;
  /** RFC 6962 leaf hash. */
  readonly hash: Uint8Array;
};

const NOTHING = new Uint8Array(0);

/** Log entries of statements taken together, in the order in which they are stored and enter the log. */
export const entriesOf = (
  candidates: readonly Candidate[],
  { receiptTimeMs }: Promised,
  primitives: Primitives,
): BlockEntry[] =>
  [...candidates]
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map((candidate) => {
      const payloadCid = candidate.payload?.cid ?? NOTHING;
      const keyCommitment = candidate.payload?.keyCommitment ?? NOTHING;
      const operatorPart = { receiptTimeMs, payloadCid, keyCommitment };
      const bytes = encodeEntry({ authorPart: candidate.authorPart, operatorPart });
      return { candidate, bytes, hash: hashLeaf(bytes, primitives) };
    });

/** Byte strings end to end, and where each ends. */
export const pack = (parts: readonly Uint8Array[]): { readonly bytes: Buffer; readonly ends: number[] } => {
  let end = 0;
  const ends = parts.map((part) => (end += part.length));
  return { bytes: Buffer.concat(parts, end), ends };
};
