/** What a bench hands back: one object for programs, a table for people, and whether every goal is met. */
export type BenchReport = { readonly json: unknown; readonly text: string; readonly ok: boolean };

/** What may be asked of a bench on the command line; each takes what concerns it. */
export type BenchOptions = {
  /** Runs another system beside ours, on the same cores. */
  readonly peer?: 'tessera';
  readonly minutes?: number;
  /** Entries in the log, ascending. */
  readonly sizes?: readonly number[];
};
