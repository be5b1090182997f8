/**
 * What an audit finds wrong.
 *
 * - `checkpoint-invalid`: no signature by the log's key, or not a checkpoint of this log.
 * - `tile-differs`: a tile does not hold the hashes that the entries give.
 * - `root-differs`: the entries do not lead to the checkpoint's root.
 * - `entry-malformed`: an entry's bytes are not the one encoding of a statement.
 * - `type-undeclared`: no `TypeDeclaration` before it declares the statement's type.
 * - `signature-invalid`: the key that the statement names did not sign it.
 * - `place-taken`: a statement before it has the same author, lane, boot and sequence.
 * - `chain-broken`: `previous` is not the digest of the statement before, and no `Equivocation` says so.
 * - `author-mismatch`: a statement of a kind that is the operator's to make, by somebody else; or another one by the operator.
 * - `gap-false`: a `Gap` over numbers that the log held already, or after which it held nothing.
 * - `equivocation-unproven`: the device did not sign what is said to contradict, or the log lacks what is said to be accepted.
 * - `erasure-unproven`: an `Erasure` of a batch that the log does not hold.
 * - `payload-missing`: the payload block is not there, or cannot be read.
 * - `payload-differs`: the payload block is not what its CID names.
 * - `anchor-differs`: an anchor's root is not the log's at that size.
 */
export type FindingCode =
  | 'checkpoint-invalid'
  | 'tile-differs'
  | 'root-differs'
  | 'entry-malformed'
  | 'type-undeclared'
  | 'signature-invalid'
  | 'place-taken'
  | 'chain-broken'
  | 'author-mismatch'
  | 'gap-false'
  | 'equivocation-unproven'
  | 'erasure-unproven'
  | 'payload-missing'
  | 'payload-differs'
  | 'anchor-differs';

/** One thing that does not hold; `where` names it: `entry 7`, `tile/0/123`, `anchor at 4096`. */
export type Finding = {
  readonly code: FindingCode;
  readonly where: string;
  /** What was expected and what was found, for a person. */
  readonly detail: string;
};
