/** The command line, or a file named on it, is wrong: exit code 4. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
