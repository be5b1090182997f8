import { equal } from '@gridseal/protocol/bytes';
import type { Queryable } from '../../adapters/postgres/database.ts';
import {
  readChains,
  readStatements,
  takeOverdueHoles,
  writeHoles,
  type ChainHole,
  type ChainKey,
  type ChainState,
  type Place,
} from './chain-store.ts';
import { fill, isMissing, type Hole } from './holes.ts';
import type { PendingStatement } from './pending.ts';

/** A statement that names another predecessor than the one in the log. Both are signed, so the author contradicts itself. */
export type BrokenLink = { readonly predecessor: PendingStatement; readonly successor: PendingStatement };

/** Author chains as the log has them, kept in memory between transactions. */
export type Chains = {
  /**
   * Links statements that enter the log, and writes which sequences are missing now.
   *
   * @returns links that do not hold
   */
  readonly link: (
    tx: Queryable,
    statements: readonly PendingStatement[],
    nowMs: number,
  ) => Promise<BrokenLink[]>;
  /** Missing intervals older than the window, each given once. */
  readonly overdue: (tx: Queryable, beforeMs: number) => Promise<ChainHole[]>;
  /** Forgets what a transaction that did not commit may have changed. */
  readonly forget: () => void;
};

const KEPT_CHAINS = 200_000;
const GAPS_A_TRANSACTION = 256;

const chainName = ({ author, lane, boot }: ChainKey): string =>
  `${Buffer.from(author.buffer, author.byteOffset, author.byteLength).toString('latin1')}/${lane}/${boot}`;

/** Creates the view of author chains, empty: it reads a chain when a statement of it comes. */
export const createChains = (): Chains => {
  const states = new Map<string, ChainState>();

  const load = async (tx: Queryable, statements: readonly PendingStatement[]): Promise<void> => {
    if (states.size > KEPT_CHAINS) states.clear();
    const missing = new Map<string, ChainKey>();
    for (const statement of statements) {
      const name = chainName(statement);
      if (!states.has(name)) missing.set(name, statement);
    }
    if (missing.size === 0) return;
    const found = await readChains(tx, [...missing.values()]);
    [...missing.keys()].forEach((name, i) => states.set(name, found[i]!));
  };

  return {
    link: async (tx, statements, nowMs) => {
      await load(tx, statements);
      const gone: ChainHole[] = [];
      const touched = new Map<string, ChainKey>();
      const before = new Map<string, readonly Hole[]>();
      const broken: BrokenLink[] = [];
      const neighbours: { readonly statement: PendingStatement; readonly place: Place }[] = [];
      const heads = new Map<string, PendingStatement>();
      for (const statement of statements) {
        const name = chainName(statement);
        const state = states.get(name)!;
        const { sequence, digest } = statement;
        if (sequence > state.highest) {
          if (sequence === state.highest + 1n && sequence > 0n && !equal(statement.previous, state.head)) {
            const predecessor = heads.get(name);
            if (predecessor !== undefined) broken.push({ predecessor, successor: statement });
            else neighbours.push({ statement, place: { ...statement, sequence: sequence - 1n } });
          }
          let { holes } = state;
          if (sequence > state.highest + 1n) {
            if (!before.has(name)) before.set(name, holes);
            touched.set(name, statement);
            const hole = { first: state.highest + 1n, last: sequence - 1n, sinceMs: nowMs, recorded: false };
            holes = [...holes, hole];
          }
          states.set(name, { highest: sequence, head: digest, holes });
          heads.set(name, statement);
          continue;
        }
        const filled = fill(state.holes, sequence);
        if (filled === undefined) throw new Error(`sequence ${sequence} of ${name} enters the log twice`);
        if (!before.has(name)) before.set(name, state.holes);
        touched.set(name, statement);
        states.set(name, { ...state, holes: filled.holes });
        if (sequence > 0n) neighbours.push({ statement, place: { ...statement, sequence: sequence - 1n } });
        neighbours.push({ statement, place: { ...statement, sequence: sequence + 1n } });
      }
      for (const one of await brokenAmong(tx, neighbours, states)) broken.push(one);
      const present: ChainHole[] = [];
      for (const [name, key] of touched) {
        const [old, now] = [before.get(name)!, states.get(name)!.holes];
        const kept = new Set(old.filter((hole) => now.includes(hole)));
        for (const hole of old) if (!kept.has(hole)) gone.push({ ...key, hole });
        for (const hole of now) if (!kept.has(hole)) present.push({ ...key, hole });
      }
      await writeHoles(tx, gone, present);
      return broken;
    },
    overdue: async (tx, beforeMs) => {
      const holes = await takeOverdueHoles(tx, beforeMs, GAPS_A_TRANSACTION);
      for (const { hole, ...key } of holes) {
        const state = states.get(chainName(key));
        if (state === undefined) continue;
        const marked = state.holes.map((one) =>
          one.first === hole.first ? { ...one, recorded: true } : one,
        );
        states.set(chainName(key), { ...state, holes: marked });
      }
      return holes;
    },
    forget: () => states.clear(),
  };
};

/** Checks statements against neighbours that are in the log, or enter it in the same transaction. */
const brokenAmong = async (
  tx: Queryable,
  neighbours: readonly { readonly statement: PendingStatement; readonly place: Place }[],
  states: ReadonlyMap<string, ChainState>,
): Promise<BrokenLink[]> => {
  const present = neighbours.filter(({ place }) => {
    const state = states.get(chainName(place))!;
    return place.sequence <= state.highest && !isMissing(state.holes, place.sequence);
  });
  if (present.length === 0) return [];
  const placeName = (place: Place) => `${chainName(place)}/${place.sequence}`;
  const found = new Map(
    (
      await readStatements(
        tx,
        present.map(({ place }) => place),
      )
    ).map((one) => [placeName(one), one]),
  );
  const broken = new Map<string, BrokenLink>();
  for (const { statement, place } of present) {
    const neighbour = found.get(placeName(place));
    if (neighbour === undefined) throw new Error(`a statement of the log is missing: ${place.sequence}`);
    const isBefore = place.sequence < statement.sequence;
    const [predecessor, successor] = isBefore ? [neighbour, statement] : [statement, neighbour];
    if (!equal(successor.previous, predecessor.digest))
      broken.set(placeName(successor), { predecessor, successor });
  }
  return [...broken.values()];
};
