/**
 * What the process tells its caller. The help of every command lists those it ends with (cli/exit-help.ts).
 */
export const EXIT = {
  /** Done; for `verify`: every required layer holds. */
  ok: 0,
  /** `verify`, `log`: a layer fails or is missing (named in the output); `fsck`: something is wrong with the log. */
  notProven: 1,
  /** `verify`: the file is not a bundle. */
  notABundle: 2,
  /** The service or the chain refused, or could not be reached. */
  failed: 3,
  /** The command line or a file named on it is wrong. */
  usage: 4,
} as const;
