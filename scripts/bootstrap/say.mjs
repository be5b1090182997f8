/** A failure whose message is all a person needs; the entry point prints it without a stack. */
export class BootstrapError extends Error {}

/** Progress goes to stderr, so `--json` output on stdout stays clean. */
export const say = (line) => process.stderr.write(`gridseal: ${line}\n`);
