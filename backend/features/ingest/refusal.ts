import { ProtocolError, type ProtocolErrorCode } from '@gridseal/protocol/errors';
import type { Refusal, RefusalCode } from './types.ts';

const RETRYABLE: readonly RefusalCode[] = [
  'key-pending',
  'lineage-unproven',
  'reset-missing',
  'reset-unfounded',
];

/**
 * A refusal of one statement.
 *
 * @example refusal('clock-skew', 'header.timeMs', 'is 3600 s ahead of the service')
 */
export const refusal = (code: RefusalCode, field: string, message: string): Refusal => ({
  code,
  field,
  message,
  retryable: RETRYABLE.includes(code),
});

const CODES: Partial<Record<ProtocolErrorCode, RefusalCode>> = {
  TooLong: 'oversize',
  UnknownKind: 'kind-not-accepted',
  UnknownAlgorithm: 'signature-invalid',
  KeyMismatch: 'signature-invalid',
  HighS: 'signature-invalid',
  SignatureMismatch: 'signature-invalid',
  RootMismatch: 'commitment-mismatch',
};

/** What a decoder or verifier of the protocol found wrong, as a refusal. Other errors are thrown on. */
export const toRefusal = (error: unknown): Refusal => {
  if (!(error instanceof ProtocolError)) throw error;
  return refusal(CODES[error.code] ?? 'malformed', error.field, error.message);
};
