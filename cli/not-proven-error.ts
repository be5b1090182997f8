import type { VerdictCode } from '@gridseal/protocol';

/** What was to be proven does not hold: exit code 1. */
export class NotProvenError extends Error {
  override readonly name = 'NotProvenError';
  readonly code: VerdictCode;

  constructor(code: VerdictCode, message: string) {
    super(message);
    this.code = code;
  }
}
