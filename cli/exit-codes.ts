/**
 * What the process tells its caller, the same in every command (docs/verify.md). 0 of a command that verifies means that
 * everything that is required was checked and holds. The help of every command lists those it ends with (cli/exit-help.ts).
 */
export const EXIT = {
  /** Done. Of a command that verifies: everything that is required was checked, and holds. */
  ok: 0,
  /** Something that was to be proven does not hold, or is missing: it is named in the output. */
  notProven: 1,
  /** `verify`: the file is not a bundle. */
  notABundle: 2,
  /** The service or the chain refused, or could not be reached. */
  failed: 3,
  /** The command line or a file named on it is wrong. */
  usage: 4,
  /** Nothing contradicts what was to be proven, and not everything was checked: the output says first what was not. */
  notAllChecked: 5,
} as const;
