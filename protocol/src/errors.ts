/**
 * Every reason this package refuses an input. The list is closed: callers may switch over it, and a new reason is a new
 * code, never a new meaning of an old one.
 */
export const PROTOCOL_ERROR_CODES = [
  // Encodings
  'Truncated',
  'TrailingBytes',
  'TooLong',
  'LengthMismatch',
  'OutOfRange',
  'NonCanonical',
  'InvalidHex',
  'InvalidUtf8',
  'InvalidJson',
  'InvalidVersion',
  'InvalidTypeString',
  // Statements
  'UnknownKind',
  'TypeHashMismatch',
  'DigestMismatch',
  'AttachmentMismatch',
  'RuleViolated',
  // Signatures
  'UnknownAlgorithm',
  'KeyMismatch',
  'HighS',
  'SignatureMismatch',
  // Readings and payloads
  'NotAscending',
  'CountMismatch',
  'RootMismatch',
  'NotOpened',
  'InvalidDeflate',
] as const;

/** One of {@link PROTOCOL_ERROR_CODES}. */
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];

/** What a refusal carries besides its code. */
export type ProtocolErrorDetail = {
  /** What was required: a value, a bound or a form, as text. */
  expected?: string | number | bigint;
  /** What was found. */
  actual?: string | number | bigint;
  /** The error of a primitive that led to this one. */
  cause?: unknown;
};

/**
 * Thrown by every decoder and verifier of this package. `field` is a dotted path into the format that was read
 * (`"header.sequence"`, `"readings[3].value"`), so a refusal can be reported to whoever sent the bytes.
 *
 * @example
 * try {
 *   decodeEntry(bytes);
 * } catch (error) {
 *   if (error instanceof ProtocolError && error.code === "Truncated") report(error.field);
 *   else throw error;
 * }
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly field: string;
  readonly expected?: string | number | bigint;
  readonly actual?: string | number | bigint;

  constructor(code: ProtocolErrorCode, field: string, detail: ProtocolErrorDetail = {}) {
    const expected = detail.expected === undefined ? '' : `, expected ${detail.expected}`;
    const actual = detail.actual === undefined ? '' : `, got ${detail.actual}`;
    super(
      `${field}: ${code}${expected}${actual}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.code = code;
    this.field = field;
    if (detail.expected !== undefined) this.expected = detail.expected;
    if (detail.actual !== undefined) this.actual = detail.actual;
  }
}
