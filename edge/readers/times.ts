import type { FileProblem } from './file-error.ts';
import type { Plan } from './plan.ts';
import type { RawRow } from './text/rows.ts';
import { readIsoOrUnix } from './time/iso.ts';
import { isPlausible, TimeRefusal, type WrittenTime } from './time/written-time.ts';

const HOUR_MS = 3_600_000;

/** An hour that the clocks of a zone show twice, and how a file goes through it. */
type Fold = { readonly row: number; rows: number; isTwice: boolean };

/** The times of a file's rows, in order. */
export type Times = {
  /** Unix milliseconds, or what is wrong. `undefined` where the row is to be left out as {@link once} says. */
  readonly of: (row: RawRow) => number | FileProblem;
  /** Wall times of folds that the file went through once only: which of the two is meant cannot be told. */
  readonly once: () => ReadonlyMap<number, { readonly row: number; readonly rows: number }>;
};

const problem = (plan: Plan, row: number, refused: TimeRefusal): FileProblem => ({
  code: refused.code,
  row,
  column: plan.time.column,
  message: refused.message,
  remedy: refused.remedy ?? 'correct it, or leave such rows out with --skip-invalid',
});

const hoursOf = (plan: Plan, { index, startMs }: Extract<Plan['time'], { in: 'hours' }>): Times['of'] => {
  let count = 0;
  let before: number | undefined;
  return ({ cells, line }) => {
    const hour = Number(cells[index]);
    const expected = before === undefined ? undefined : (before % 24) + 1;
    if (!Number.isInteger(hour) || hour < 1 || hour > 24 || (expected !== undefined && hour !== expected))
      return {
        code: 'bad-time',
        row: line,
        column: plan.time.column,
        message: `hour ${JSON.stringify(cells[index] ?? '')} does not follow ${before === undefined ? 'anything' : `hour ${before}`}: rows are missing or out of order`,
        remedy: 'rows of this preset carry no date, so that none may be missing: complete the file',
      };
    before = hour;
    count += 1;
    return startMs + (count - 1) * HOUR_MS;
  };
};

/** Whether a time is a number, and of what. */
const shapeOf = (text: string): string => {
  const [whole = ''] = text.split('.');
  return /^\d+$/u.test(whole) && text.length < 18 ? (whole.length > 10 ? 'milliseconds' : 'seconds') : 'text';
};

/**
 * Reads the times of a file. All rows are written in one form, that of the first. Of a wall time that comes twice the first is meant until
 * the rows go back.
 *
 * @param left wall times of folds whose rows are left out, from {@link Times.once} of an earlier reading
 */
export const timesOf = (plan: Plan, left: ReadonlySet<number>): Times => {
  const folds = new Map<number, Fold>();
  const { time, zone, dateFormat } = plan;
  if (time.in === 'hours') return { of: hoursOf(plan, time), once: () => new Map() };
  let form: { readonly kind: WrittenTime['kind']; readonly shape: string; readonly row: number } | undefined;
  let previous: number | undefined;

  const resolve = (wallMs: number, text: string, row: number): number | TimeRefusal => {
    if (zone === undefined)
      return new TimeRefusal(
        'local-time',
        `${JSON.stringify(text)} names no offset: which instant it is depends on the place`,
        'say the zone its clock kept, as --timezone Europe/Berlin (--timezone UTC for UTC)',
      );
    const [first, second] = zone.instantsOf(wallMs);
    if (first === undefined)
      return new TimeRefusal(
        'bad-time',
        `${JSON.stringify(text)} never was in ${zone.name}: its clocks were set forward over it`,
      );
    if (second === undefined) return first;
    // The fold, named by the wall time at which it begins: rows of one fold are a fold's length apart at most.
    const shift = second - first;
    const name = [...folds.keys()].find((start) => Math.abs(wallMs - start) < shift) ?? wallMs;
    if ([...left].some((start) => Math.abs(wallMs - start) < shift)) return notTold(text);
    const fold = folds.get(name) ?? { row, rows: 0, isTwice: false };
    folds.set(name, fold);
    fold.rows += 1;
    // Rows of several entities follow each other, not the clock.
    if (plan.entity !== undefined) return notTold(text);
    if (previous === undefined || first > previous) return first;
    if (second > previous || (second === previous && fold.isTwice)) {
      fold.isTwice = true;
      return second;
    }
    return notTold(text);
  };
  const notTold = (text: string): TimeRefusal =>
    new TimeRefusal(
      'bad-time',
      `${JSON.stringify(text)} came twice in ${zone?.name ?? ''}, and the order of the rows does not tell which is meant`,
      'write it with its offset, or leave such rows out with --skip-invalid',
    );

  return {
    of: ({ cells, line }) => {
      const text = time.indices.map((index) => cells[index] ?? '').join(' ');
      const read = (dateFormat?.read ?? readIsoOrUnix)(text);
      if (read instanceof TimeRefusal) return problem(plan, line, read);
      const shape = shapeOf(text);
      form ??= { kind: read.kind, shape, row: line };
      if (form.kind !== read.kind || form.shape !== shape) {
        const message = `${JSON.stringify(text)} is written otherwise than the time in row ${form.row}`;
        return problem(plan, line, new TimeRefusal('bad-time', message, 'write all times in one form'));
      }
      const instant = read.kind === 'instant' ? read.ms : resolve(read.ms, text, line);
      if (instant instanceof TimeRefusal) return problem(plan, line, instant);
      if (!isPlausible(instant))
        return problem(
          plan,
          line,
          new TimeRefusal('implausible-time', `${JSON.stringify(text)} is not between 2000 and 2100`),
        );
      previous = instant;
      return instant;
    },
    once: () =>
      new Map(
        [...folds].flatMap(([wall, fold]) =>
          fold.isTwice ? [] : [[wall, { row: fold.row, rows: fold.rows }]],
        ),
      ),
  };
};
