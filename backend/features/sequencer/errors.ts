/**
 * Why the log cannot be continued. None of these mends itself: an operator has to look.
 *
 * - `origin-differs`: the database holds the log of another origin or epoch.
 * - `database-behind`: something published is not in the database: it was restored from an old backup.
 * - `history-differs`: the database holds another history than what was published.
 * - `edge-differs`: the right edge does not give the root of the last checkpoint.
 * - `checkpoint-invalid`: the last checkpoint is not what our key signed.
 * - `entry-differs`: an entry's bytes do not hash to the leaf in the log.
 */
export type SequencerErrorCode =
  | 'origin-differs'
  | 'database-behind'
  | 'history-differs'
  | 'edge-differs'
  | 'checkpoint-invalid'
  | 'entry-differs';

/** What an operator can do where it is not to search for the cause. */
const HELP: Partial<Record<SequencerErrorCode, string>> = {
  'database-behind':
    'put the newer database back, or rebuild it with gridseal restore (docs/guide/recovery.md)',
};

/** A log that must not be continued as it is. */
export class SequencerError extends Error {
  override readonly name = 'SequencerError';
  readonly code: SequencerErrorCode;
  readonly expected: string;
  readonly actual: string;

  constructor(code: SequencerErrorCode, expected: string, actual: string) {
    const help = HELP[code];
    super(`${code}: expected ${expected}, found ${actual}${help === undefined ? '' : `: ${help}`}`);
    this.code = code;
    this.expected = expected;
    this.actual = actual;
  }
}

/** Another sequencer has taken over. Nothing was written; this one stands by. */
export class TermLost extends Error {
  override readonly name = 'TermLost';
}
