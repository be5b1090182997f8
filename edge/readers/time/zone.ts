const DAY_MS = 86_400_000;

/** A time zone: which instants a wall clock may have meant, and what it shows. */
export type Zone = {
  readonly name: string;
  /** Instants at which the clocks of the zone show a wall time: none in the gap of spring, two in the fold of autumn, ascending. */
  readonly instantsOf: (wallMs: number) => readonly number[];
  /** What the clocks show at an instant, as if it were UTC. */
  readonly wallOf: (instantMs: number) => number;
};

const fieldsOf = (format: Intl.DateTimeFormat, instantMs: number): ReadonlyMap<string, number> =>
  new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));

/**
 * A zone of the IANA database, converted by ECMA-402 alone: the zone of the machine has no part in it.
 *
 * @param name as `Europe/Berlin`
 * @throws RangeError for a zone that is not known
 */
export const zoneOf = (name: string): Zone => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const ask = (instantMs: number): number => {
    const second = Math.floor(instantMs / 1_000) * 1_000;
    const fields = fieldsOf(format, second);
    const at = (type: string): number => fields.get(type) ?? Number.NaN;
    return Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second')) - second;
  };
  /** Offsets at the starts of days. A day that starts and ends with one offset has it throughout. */
  const starts = new Map<number, number>();
  const startOf = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const offset = ask(day * DAY_MS);
    starts.set(day, offset);
    return offset;
  };
  const offsetAt = (instantMs: number): number => {
    const day = Math.floor(instantMs / DAY_MS);
    const offset = startOf(day);
    return offset === startOf(day + 1) ? offset : ask(instantMs);
  };
  return {
    name,
    instantsOf: (wallMs) => {
      const offsets = new Set([offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)]);
      return [...offsets]
        .map((offset) => ({ instant: wallMs - offset, offset }))
        .filter(({ instant, offset }) => offsetAt(instant) === offset)
        .map(({ instant }) => instant)
        .sort((a, b) => a - b);
    },
    wallOf: (instantMs) => instantMs + offsetAt(instantMs),
  };
};
