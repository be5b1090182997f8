/** Missing sequences of one author chain, both ends included. `recorded`: the log has a Gap statement of it. */
export type Hole = {
  readonly first: bigint;
  readonly last: bigint;
  readonly sinceMs: number;
  readonly recorded: boolean;
};

/**
 * Takes a sequence out of the hole it lies in.
 *
 * @param holes ascending, disjoint
 * @returns the holes that are left, and the one that was touched; undefined when the sequence lies in none
 */
export const fill = (
  holes: readonly Hole[],
  sequence: bigint,
):
  { readonly holes: readonly Hole[]; readonly touched: Hole; readonly left: readonly Hole[] } | undefined => {
  const at = holes.findIndex((hole) => hole.last >= sequence);
  const touched = holes[at];
  if (touched === undefined || touched.first > sequence) return undefined;
  const left: Hole[] = [];
  if (touched.first < sequence) left.push({ ...touched, last: sequence - 1n });
  if (sequence < touched.last) left.push({ ...touched, first: sequence + 1n });
  return { holes: [...holes.slice(0, at), ...left, ...holes.slice(at + 1)], touched, left };
};

/** Whether a sequence is missing. */
export const isMissing = (holes: readonly Hole[], sequence: bigint): boolean =>
  holes.some(({ first, last }) => first <= sequence && sequence <= last);
