/** One variable that cannot be used as it is. */
export type ConfigProblem = { readonly variable: string; readonly problem: string; readonly example: string };

/** Thrown by `readConfig` with every problem found, not only the first. */
export class ConfigError extends Error {
  readonly code = 'config-invalid';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((p) => `  ${p.variable}: ${p.problem}. Example: ${p.variable}=${p.example}`);
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
