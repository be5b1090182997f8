/**
 * Why an anchor's evidence could not be archived.
 *
 * - `AnchorEventMissing`: the receipt holds no `Anchored` event of this log.
 * - `StateUnavailable`: the node no longer holds the state of the anchor's block.
 * - `EvidenceRefused`: the protocol's own verifier refused the evidence; `expected` names the layer.
 */
export type ArchiveErrorCode = 'AnchorEventMissing' | 'StateUnavailable' | 'EvidenceRefused';

/** Failure to archive an anchor's evidence, with the two values that disagreed where there are two. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(
    code: ArchiveErrorCode,
    values: { readonly expected?: string; readonly actual?: string; readonly cause?: unknown } = {},
  ) {
    super(
      `${code}${values.expected === undefined ? '' : `: expected ${values.expected}`}${values.actual === undefined ? '' : `, got ${values.actual}`}`,
      values.cause === undefined ? undefined : { cause: values.cause },
    );
    this.code = code;
    this.expected = values.expected;
    this.actual = values.actual;
  }
}
