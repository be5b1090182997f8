/** Another process holds what only one may: two that sign with one key accuse it of equivocation for ever. */
export class InUseError extends Error {
  override readonly name = 'InUseError';
  /** The process that holds it, where it said so. */
  readonly pid: number | undefined;
  constructor(what: string, pid: number | undefined) {
    super(
      `${what} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}; nothing was signed`,
    );
    this.pid = pid;
  }
}
