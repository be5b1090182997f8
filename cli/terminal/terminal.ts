import { styleText } from 'node:util';
import { SingleBar } from 'cli-progress';

/** Where a command writes: readable lines for a person, or one JSON document for a machine. */
export type Terminal = {
  readonly json: boolean;
  readonly line: (text?: string) => void;
  readonly result: (value: unknown) => void;
  readonly error: (text: string) => void;
  readonly style: (format: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string;
  readonly progress: (label: string, total: number) => Progress;
};

/** A bar for long work; on standard error, and only for a person. */
export type Progress = { readonly advance: (by?: number) => void; readonly done: () => void };

/** Bars that are drawn: their timers keep the process, and hide the cursor of the terminal. */
const drawn = new Set<SingleBar>();

/** Ends every bar that a command left behind, as one that failed does. Called where the process ends. */
export const releaseTerminal = (): void => {
  for (const bar of drawn) bar.stop();
  drawn.clear();
};

const createProgress = (label: string, total: number): Progress => {
  const bar = new SingleBar({
    format: `${label.padEnd(24)} {bar} {value}/{total}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: 3_600_000,
    hideCursor: true,
  });
  bar.start(total, 0);
  drawn.add(bar);
  return {
    advance: (by = 1) => {
      bar.increment(by);
    },
    done: () => {
      bar.stop();
      drawn.delete(bar);
    },
  };
};

const silent: Progress = { advance: () => undefined, done: () => undefined };

/**
 * The terminal of this process. With `json`, readable lines and bars are not written and `result`
 * prints its value (bigints as decimal strings); without, `result` prints nothing.
 */
export const createTerminal = (json: boolean): Terminal => ({
  json,
  line: (text = '') => {
    if (!json) process.stdout.write(`${text}\n`);
  },
  result: (value) => {
    if (!json) return;
    const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v), 2);
    process.stdout.write(`${text}\n`);
  },
  error: (text) => {
    process.stderr.write(`${text}\n`);
  },
  style: (format, text) => styleText(format, text, { stream: process.stdout }),
  progress: (label, total) => (json ? silent : createProgress(label, total)),
});
