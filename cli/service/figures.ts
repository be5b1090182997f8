import { durationText } from '../evidence/duration.ts';

const UNITS: readonly (readonly [RegExp, (value: number) => string])[] = [
  [/Ms$/u, (ms) => (ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms))],
  [/Seconds$/u, (seconds) => durationText(seconds * 1_000)],
  [/Bytes$/u, (bytes) => bytesText(bytes)],
];

const bytesText = (bytes: number): string => {
  const names = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1_000 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${names[power] ?? ''}`;
};

/** A count with its thousands set apart. */
export const countText = (value: number): string => value.toLocaleString('en-US');

/** A figure of `/health` in words: `oldestUnanchoredMs` 65000 becomes 'oldest unanchored 1 min 5 s'. */
export const figureText = (name: string, value: number): string => {
  const unit = UNITS.find(([pattern]) => pattern.test(name));
  const words = (unit === undefined ? name : name.replace(unit[0], ''))
    .replaceAll(/(?<=[a-z])[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
  return `${words} ${unit === undefined ? countText(value) : unit[1](value)}`;
};
