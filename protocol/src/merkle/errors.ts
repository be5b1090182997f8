/** Every reason a proof is not accepted. The list is closed. */
export type MerkleErrorCode =
  'SizeOutOfRange' | 'IndexOutOfRange' | 'SizesNotAscending' | 'HashLength' | 'PathLength' | 'RootMismatch';

/**
 * A proof that does not hold, with what was required and what was found: hashes as `0x` hex, sizes and lengths as
 * decimals.
 */
export class MerkleError extends Error {
  override readonly name = 'MerkleError';
  readonly code: MerkleErrorCode;
  readonly expected: string;
  readonly actual: string;

  constructor(code: MerkleErrorCode, expected: string, actual: string) {
    super(`${code}: expected ${expected}, got ${actual}`);
    this.code = code;
    this.expected = expected;
    this.actual = actual;
  }
}
