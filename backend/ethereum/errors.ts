/**
 * Why what a node says of a block is not believed.
 *
 * - `HeaderNotReproducible`: the header fields do not hash to the block hash it reported.
 * - `ReceiptsNotReproducible`: the receipts do not hash to the header's receipts root.
 * - `BlockReplaced`: the block left the canonical chain while it was read.
 */
export type BlockErrorCode = 'HeaderNotReproducible' | 'ReceiptsNotReproducible' | 'BlockReplaced';

/** A block that a node does not show as its hash commits to it, with the two values that disagreed where there are two. */
export class BlockError extends Error {
  override readonly name = 'BlockError';
  readonly code: BlockErrorCode;
  readonly expected: string;
  readonly actual: string | undefined;

  constructor(code: BlockErrorCode, values: { readonly expected: string; readonly actual?: string }) {
    super(
      `${code}: expected ${values.expected}${values.actual === undefined ? '' : `, got ${values.actual}`}`,
    );
    this.code = code;
    this.expected = values.expected;
    this.actual = values.actual;
  }
}
