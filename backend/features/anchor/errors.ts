/**
 * Why anchoring cannot go on by itself.
 *
 * - `epoch-differs`: the chain is in another epoch than this log.
 * - `root-differs`: the chain holds another root for a size of ours: this database is not the one
 *   that the log was anchored from.
 */
export type AnchorErrorCode = 'epoch-differs' | 'root-differs';

/** An anchor that contradicts the chain. */
export class AnchorError extends Error {
  override readonly name = 'AnchorError';
  readonly code: AnchorErrorCode;
  readonly expected: string | bigint;
  readonly actual: string | bigint;

  constructor(
    code: AnchorErrorCode,
    values: { readonly expected: string | bigint; readonly actual: string | bigint },
  ) {
    super(`${code}: expected ${values.expected}, got ${values.actual}`);
    this.code = code;
    this.expected = values.expected;
    this.actual = values.actual;
  }
}
