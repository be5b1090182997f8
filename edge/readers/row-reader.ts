import { exactly, fitsReading, nearest, type Decimal } from './decimal.ts';
import type { FileProblem } from './file-error.ts';
import { isMissing, looksNumeric, numberIn, numberRemedy } from './number-form.ts';
import type { Plan, PlannedChannel } from './plan.ts';
import type { RawRow } from './text/rows.ts';
import { timesOf, type Times } from './times.ts';

/** A cell that holds a number. */
export type Cell = { readonly at: number; readonly number: Decimal };

/** What a row is: its cells by place among the plan's channels, and how many of them say that there is no value. */
export type Outcome =
  | {
      readonly is: 'row';
      readonly timeMs: number;
      readonly cells: readonly Cell[];
      readonly missing: readonly number[];
      readonly rounded: number;
    }
  | { readonly is: 'nothing' }
  | { readonly is: 'total' }
  | { readonly is: 'problems'; readonly problems: readonly FileProblem[] };

/** Most decimals of a channel (docs/spec: the scale of a profile). */
export const MAX_DECIMALS = 18;

const TOTAL =
  /^(?:total|totals|sum|summe|gesamt|average|mean|mittelwert|durchschnitt|合计|总计|小计|平均|平均值)[:：]?$/iu;
const LEAVE_OUT = 'leave such rows out with --skip-invalid';

const short = (number: Decimal): Decimal => {
  let { coefficient, decimals } = number;
  while (decimals > MAX_DECIMALS && coefficient % 10n === 0n) {
    coefficient /= 10n;
    decimals -= 1;
  }
  return { coefficient, decimals };
};

/** Why a channel of a fixed scale cannot hold a number, or the number as it is held. */
const held = (
  channel: PlannedChannel,
  cell: string,
  number: Decimal,
  plan: Plan,
): Decimal | Omit<FileProblem, 'row' | 'column'> => {
  const { scale, quantity, unit } = channel;
  if (scale === undefined) {
    const shortened = short(number);
    if (shortened.decimals <= MAX_DECIMALS) return shortened;
    if (plan.round) return { coefficient: nearest(number, -MAX_DECIMALS), decimals: MAX_DECIMALS };
    return {
      code: 'out-of-range',
      message: `${JSON.stringify(cell)} has more than ${MAX_DECIMALS} decimals`,
      remedy: `round to fewer, as --map '${channel.column}=${quantity}:${unit}:6' --round`,
    };
  }
  const exact = exactly(number, scale);
  if (exact === undefined && !plan.round)
    return {
      code: 'out-of-range',
      message: `${JSON.stringify(cell)} is finer than the scale ${scale} of ${quantity}${plan.isEnrolled ? ', with which the key is enrolled' : ''}`,
      remedy: `round such values with --round${plan.isEnrolled ? ', or enrol a new key with a finer scale (gridseal device rotate)' : ''}`,
    };
  const value = exact ?? nearest(number, scale);
  if (!fitsReading(value))
    return {
      code: 'out-of-range',
      message: `${JSON.stringify(cell)} is larger than 64 bits hold at the scale ${scale} of ${quantity}`,
      remedy: LEAVE_OUT,
    };
  return { coefficient: value, decimals: -scale };
};

/** Reads the rows of a file one after the other. */
export type RowReader = {
  readonly read: (row: RawRow) => Outcome;
  readonly times: Times;
};

/** @param left see {@link timesOf} */
export const rowReader = (plan: Plan, left: ReadonlySet<number> = new Set()): RowReader => {
  const times = timesOf(plan, left);
  const { header, channels, entity, time } = plan;
  const watched = plan.leftOut.filter(({ reason }) => reason === 'text' || reason === 'empty');
  const byEntity = new Map(channels.map((channel, at) => [channel.column, at]));
  const ignored = new Set<string>();

  const cellOf = (
    cell: string,
    at: number,
    line: number,
    into: { cells: Cell[]; missing: number[]; problems: FileProblem[]; rounded: number },
  ): void => {
    const channel = channels[at];
    if (channel === undefined) return;
    if (isMissing(cell)) {
      into.missing.push(at);
      return;
    }
    const place = { row: line, column: channel.column };
    const number = numberIn(cell, plan.numbers);
    if (number === undefined) {
      const message = `${JSON.stringify(cell.slice(0, 40))} is no decimal number${plan.numbers.decimal === ',' ? ' with a decimal comma' : ''}`;
      into.problems.push({
        ...place,
        code: 'not-a-number',
        message,
        remedy: numberRemedy(cell, plan.numbers),
      });
      return;
    }
    const value = held(channel, cell, number, plan);
    if ('code' in value) into.problems.push({ ...place, ...value });
    else {
      if (value.decimals < number.decimals && exactly(number, -value.decimals) === undefined)
        into.rounded += 1;
      into.cells.push({ at, number: value });
    }
  };

  const shapeOf = ({ cells, line }: RawRow): FileProblem | undefined => {
    const extra = cells.slice(header.length).some((cell) => cell !== '');
    if (!extra && cells.length >= header.length) return undefined;
    return {
      code: 'ragged',
      row: line,
      message: `${cells.length} cells, where the header has ${header.length}`,
      remedy: extra
        ? `a decimal comma among commas, or an unquoted separator? Correct it, or ${LEAVE_OUT}`
        : `was the file cut off? Correct it, or ${LEAVE_OUT}`,
    };
  };

  const entityOf = ({ cells, line }: RawRow, at: number): number | FileProblem | undefined => {
    const name = cells[at] ?? '';
    const known = byEntity.get(name);
    if (known !== undefined || ignored.has(name)) return known;
    const state = cells[header.indexOf('state')] ?? '';
    if (plan.ignoredEntities.has(name) || isMissing(state) || !looksNumeric(state)) return undefined;
    ignored.add(name);
    return {
      code: 'no-unit',
      row: line,
      column: name,
      message: 'the entity has numbers and no unit',
      remedy: `say what it is, as --map '${name}=active-power:W', or leave it out with --map '${name}=ignore'`,
    };
  };

  const read = (row: RawRow): Outcome => {
    const { cells, line } = row;
    if (cells.every((cell) => cell === '')) return { is: 'nothing' };
    const first = time.in === 'cells' ? (cells[time.indices[0] ?? 0] ?? '') : '';
    if (TOTAL.test(first)) return { is: 'total' };
    const ragged = shapeOf(row);
    if (ragged !== undefined) return { is: 'problems', problems: [ragged] };
    const of = entity === undefined ? undefined : entityOf(row, entity);
    if (entity !== undefined && of === undefined) return { is: 'nothing' };
    if (typeof of === 'object') return { is: 'problems', problems: [of] };
    const timeMs = times.of(row);
    const into = { cells: [] as Cell[], missing: [] as number[], problems: [] as FileProblem[], rounded: 0 };
    if (typeof timeMs !== 'number') into.problems.push(timeMs);
    for (const { index, column, reason } of watched) {
      const cell = cells[index] ?? '';
      if (isMissing(cell) || !looksNumeric(cell)) continue;
      into.problems.push({
        code: 'no-unit',
        row: line,
        column,
        message: `the column was taken for ${reason === 'text' ? 'text' : 'an empty one'} and holds the number ${JSON.stringify(cell)}`,
        remedy: `say what it is, as --map '${column}=QUANTITY:UNIT', or leave it out with --map '${column}=ignore'`,
      });
    }
    if (of !== undefined) cellOf(cells[channels[of]?.index ?? 0] ?? '', of, line, into);
    else for (const [at, { index }] of channels.entries()) cellOf(cells[index] ?? '', at, line, into);
    if (into.problems.length > 0 || typeof timeMs !== 'number')
      return { is: 'problems', problems: into.problems };
    return { is: 'row', timeMs, cells: into.cells, missing: into.missing, rounded: into.rounded };
  };
  return { read, times };
};
