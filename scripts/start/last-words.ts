import { readFile } from 'node:fs/promises';

const LINES = 12;
/** Level of what ends a program, in pino's log lines. */
const FATAL = 60;

/**
 * Why a program ended, for whoever started it: the last fatal line of its log in words, else the log's last lines.
 *
 * @param from bytes of the log that earlier runs have written
 */
export const lastWords = async (logFile: string, from: number): Promise<string> => {
  const lines = await linesOf(logFile, from);
  const fatal = lines.map(parse).findLast((line) => line?.level === FATAL);
  if (fatal?.msg === undefined) return lines.slice(-LINES).join('\n');
  const { msg, err } = fatal;
  const reason = err?.message === undefined || err.message.startsWith(msg) ? '' : `: ${err.message}`;
  return `${msg}${reason}\n\nMore in ${logFile}`;
};

/** What a program that is starting waits for, in words; `undefined` while it waits for nothing. */
export const newestWait = async (logFile: string, from: number): Promise<string | undefined> => {
  const waiting = (await linesOf(logFile, from))
    .map(parse)
    .findLast((line) => line?.waitingFor !== undefined);
  return waiting?.msg;
};

const linesOf = async (logFile: string, from: number): Promise<string[]> =>
  (await readFile(logFile)).subarray(from).toString().trimEnd().split('\n');

type LogLine = {
  readonly waitingFor?: string;
  readonly level?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
};

const parse = (line: string): LogLine | undefined => {
  try {
    return JSON.parse(line) as LogLine;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
