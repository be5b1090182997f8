import { styleText } from "node:util";

/** Where a command writes: readable lines for a person, or one JSON document for a machine. */
export type Terminal = {
  readonly json: boolean;
  readonly line: (text?: string) => void;
  readonly result: (value: unknown) => void;
  readonly error: (text: string) => void;
  readonly style: (format: "bold" | "dim" | "green" | "red" | "yellow", text: string) => string;
  readonly progress: (label: string, total: number) => Progress;
};

/** A bar for long work; drawn only where a person watches. */
export type Progress = { readonly advance: (by?: number) => void; readonly done: () => void };

const BAR_WIDTH = 28;

const bar = (label: string, value: number, total: number): string => {
  const share = total === 0 ? 1 : Math.min(1, value / total);
  const filled = Math.round(share * BAR_WIDTH);
  return `${label.padEnd(22)} ${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${value}/${total}`;
};

const createProgress = (stream: NodeJS.WriteStream, label: string, total: number): Progress => {
  let value = 0;
  const draw = (): void => {
    stream.write(`\r${bar(label, value, total)}`);
  };
  if (stream.isTTY) draw();
  return {
    advance: (by = 1) => {
      value += by;
      if (stream.isTTY) draw();
    },
    done: () => {
      stream.write(`${stream.isTTY ? "\r" : ""}${bar(label, value, total)}\n`);
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
  line: (text = "") => {
    if (!json) process.stdout.write(`${text}\n`);
  },
  result: (value) => {
    if (!json) return;
    const text = JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? String(v) : v), 2);
    process.stdout.write(`${text}\n`);
  },
  error: (text) => {
    process.stderr.write(`${text}\n`);
  },
  style: (format, text) => styleText(format, text, { stream: process.stdout }),
  progress: (label, total) => (json ? silent : createProgress(process.stderr, label, total)),
});
