import { readFile } from 'node:fs/promises';
import { readDiskSpace } from '../../backend/adapters/disk/disk-space.ts';

const LINES = 12;
/** Level of what ends a program, in pino's log lines. */
const FATAL = 60;

/** Of which nothing can be written any more. */
const FULL_BYTES = 4_194_304;
/** Level of what went wrong. */
const ERROR = 50;

/** Whether the disk of a folder has no room left, in a sentence; a program could not even log it. */
export const fullDisk = async (folder: string): Promise<string | undefined> => {
  const { free } = await readDiskSpace(folder);
  return free > FULL_BYTES
    ? undefined
    : `The disk of ${folder} is full: make room on it and start again. What was acknowledged is safe.`;
};

/**
 * Why a program ended, for whoever started it: the last fatal line of its log in words, else the log's last lines.
 *
 * @param from bytes of the log that earlier runs have written
 */
export const lastWords = async (logFile: string, from: number): Promise<string> => {
  const lines = await linesOf(logFile, from);
  const fatal = lines.map(parse).findLast((line) => line?.level === FATAL);
  // A program that was ended by an exception says so in plain lines; else the last error is nearest to the reason.
  const plain = lines.filter((line) => parse(line) === undefined);
  const reasonLine = fatal ?? (plain.join('') === '' ? lines.map(parse).findLast(isError) : undefined);
  if (reasonLine?.msg === undefined)
    return plain.slice(-LINES).join('\n').trim() || `It says nothing in ${logFile}.`;
  const { msg, err } = reasonLine;
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

const linesOf = async (logFile: string, from: number): Promise<string[]> => {
  const bytes = await readFile(logFile);
  // It may have been put aside and begun again meanwhile.
  return bytes
    .subarray(bytes.length < from ? 0 : from)
    .toString()
    .trimEnd()
    .split('\n');
};

type LogLine = {
  readonly waitingFor?: string;
  readonly level?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
};

const isError = (line: LogLine | undefined): boolean => (line?.level ?? 0) >= ERROR;

const parse = (line: string): LogLine | undefined => {
  try {
    return JSON.parse(line) as LogLine;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
