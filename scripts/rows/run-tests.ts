import { spawn } from 'node:child_process';
import { isAbsolute, join } from 'node:path';

/** How a test ended; a file that does not load, or whose setup fails, ends as a whole. */
export type Ended = {
  readonly title: string;
  readonly passed: boolean;
  readonly wholeFile: boolean;
  readonly why: string;
};

const reporter = new URL('./reporter.mjs', import.meta.url).pathname;
const LIMIT_MS = 3 * 60_000;

/** Runs the tests of one file whose titles name a row, in the checkout `folder`, and tells how each ended. */
export const runRowTests = async (folder: string, file: string): Promise<Ended[]> => {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-global-setup=test/setup/global.ts',
    String.raw`--test-name-pattern=\[[A-E]\d+\]`,
    `--test-reporter=${reporter}`,
    `--test-timeout=${LIMIT_MS}`,
    file,
  ];
  // A runner inside a runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const lines = output.split('\n').filter((line) => line.startsWith('{"row-test"'));
  const ended = lines.map((line) => (JSON.parse(line) as { 'row-test': Ended })['row-test']);
  if (ended.length === 0 && code !== 0)
    return [{ title: file, passed: false, wholeFile: true, why: lastLineOf(errors) || `exit code ${code}` }];
  return ended.map((test) =>
    isAbsolute(test.title) || test.title === file || test.title === join(folder, file)
      ? { ...test, wholeFile: true }
      : test,
  );
};

const lastLineOf = (text: string): string => text.trim().split('\n').at(-1) ?? '';
