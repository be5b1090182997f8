/** The times of a file, seen in the order of its rows. */
export type Timeline = {
  /** @returns the row that has the same time in the same series, where rows ascend; see {@link Order.repeated} where they do not */
  readonly add: (timeMs: number, series: number, row: number) => number | undefined;
  readonly order: () => Order;
};

/** A stretch without readings, between the times of two. */
export type Silence = { readonly fromMs: number; readonly toMs: number };

/** What order the times have, and how regular they are. */
export type Order = {
  readonly isAscending: boolean;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** The most common distance between neighbours, milliseconds. */
  readonly everyMs: number | undefined;
  readonly gaps: number;
  /** The longest ones. */
  readonly longest: readonly Silence[];
  /** Rows whose time an earlier row of the series has, with that row; told here where rows do not ascend. */
  readonly repeated: readonly { readonly row: number; readonly of: number; readonly timeMs: number }[];
  /** There are more rows than can be sorted: the first that goes back. */
  readonly tooMany: number | undefined;
};

/** Rows that are sorted in memory where they do not ascend. */
const MAX_UNORDERED = 1_000_000;
const LONGEST = 5;
/** Distances that are counted one by one; irregular files have more, and no period. */
const MAX_DISTANCES = 4_096;

type Distances = Map<number, number>;

const count = (distances: Distances, ms: number): void => {
  const known = distances.get(ms);
  if (known !== undefined || distances.size < MAX_DISTANCES) distances.set(ms, (known ?? 0) + 1);
};

/** The most common distance, where at least half of all have it. */
const periodOf = (distances: Distances): number | undefined => {
  let [best, most, all] = [0, 0, 0];
  for (const [ms, times] of distances) {
    all += times;
    if (times > most) [best, most] = [ms, times];
  }
  return most * 2 >= all && most > 0 ? best : undefined;
};

const longer = (silences: readonly Silence[], next: Silence): readonly Silence[] => {
  const last = silences.at(-1);
  const length = next.toMs - next.fromMs;
  if (silences.length === LONGEST && last !== undefined && length <= last.toMs - last.fromMs) return silences;
  return [...silences, next].sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs)).slice(0, LONGEST);
};

/** Notes times in order: one pass, memory bounded by the kinds of distances. */
const ascending = () => {
  const distances: Distances = new Map();
  let longest: readonly Silence[] = [];
  let [first, last]: [number | undefined, number | undefined] = [undefined, undefined];
  return {
    add: (timeMs: number): void => {
      if (last !== undefined && timeMs > last) {
        count(distances, timeMs - last);
        longest = longer(longest, { fromMs: last, toMs: timeMs });
      }
      first ??= timeMs;
      last = timeMs;
    },
    summary: () => {
      const everyMs = periodOf(distances);
      let gaps = 0;
      if (everyMs !== undefined) for (const [ms, times] of distances) if (ms > everyMs) gaps += times;
      const isGap = ({ fromMs, toMs }: Silence): boolean => everyMs !== undefined && toMs - fromMs > everyMs;
      return { firstMs: first, lastMs: last, everyMs, gaps, longest: longest.filter(isGap) };
    },
  };
};

/** A timeline. Times are kept, 16 bytes a row, only up to the number of rows that can be sorted. */
export const timeline = (): Timeline => {
  const seen = ascending();
  let times = new Float64Array(4_096);
  let places = new Uint32Array(2 * 4_096);
  let length = 0;
  let previous: { readonly timeMs: number; readonly row: number } | undefined;
  let isAscending = true;
  let tooMany: number | undefined;

  const keep = (timeMs: number, series: number, row: number): void => {
    if (length === MAX_UNORDERED) return;
    if (length === times.length) {
      const [moreTimes, morePlaces] = [new Float64Array(2 * length), new Uint32Array(4 * length)];
      moreTimes.set(times);
      morePlaces.set(places);
      [times, places] = [moreTimes, morePlaces];
    }
    times[length] = timeMs;
    places[2 * length] = series;
    places[2 * length + 1] = row;
    length += 1;
  };

  const sorted = (): Pick<Order, 'repeated'> & Omit<Order, 'isAscending' | 'tooMany' | 'repeated'> => {
    const order = Uint32Array.from({ length }, (_, i) => i);
    const series = (i: number): number => places[2 * i] ?? 0;
    const row = (i: number): number => places[2 * i + 1] ?? 0;
    const time = (i: number): number => times[i] ?? 0;
    order.sort((a, b) => series(a) - series(b) || time(a) - time(b) || row(a) - row(b));
    const repeated: { row: number; of: number; timeMs: number }[] = [];
    const whole = ascending();
    let [before, original]: [number | undefined, number] = [undefined, 0];
    for (const i of order) {
      if (before !== undefined && series(before) === series(i) && time(before) === time(i))
        repeated.push({ row: row(i), of: row(original), timeMs: time(i) });
      else original = i;
      before = i;
    }
    order.sort((a, b) => time(a) - time(b));
    for (const i of order) whole.add(time(i));
    return { ...whole.summary(), repeated: repeated.sort((a, b) => a.row - b.row) };
  };

  return {
    add: (timeMs, series, row) => {
      const step = timeMs - (previous?.timeMs ?? -1);
      if (step === 0 && isAscending && series === 0) return previous?.row;
      if (step <= 0) isAscending = false;
      if (!isAscending && length === MAX_UNORDERED) tooMany ??= row;
      previous = { timeMs, row };
      seen.add(timeMs);
      keep(timeMs, series, row);
      return undefined;
    },
    order: () => {
      const rest = isAscending || tooMany !== undefined ? { ...seen.summary(), repeated: [] } : sorted();
      return { isAscending, tooMany, ...rest };
    },
  };
};
