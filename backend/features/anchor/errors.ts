/**
 * Why anchoring cannot go on by itself.
 *
 * - `epoch-differs`: the chain is in another epoch than this log.
 */
export type AnchorErrorCode = 'epoch-differs';

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

/** The chain has begun a new epoch of the log. Nothing is wrong: a service that is started again goes on in it. */
export class EpochOver extends Error {
  override readonly name = 'EpochOver';
  readonly epoch: bigint;

  constructor({ epoch, size }: { readonly epoch: bigint; readonly size: bigint }) {
    super(
      `epoch ${epoch} of the log began at size ${size}: start the service again, and it goes on in that epoch`,
    );
    this.epoch = epoch;
  }
}
