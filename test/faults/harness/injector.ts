/** What becomes of a write. */
export const FATES = [
  'fails',
  'persists but reports failure',
  'is killed before',
  'is killed after',
] as const;
export type Fate = (typeof FATES)[number];

/** Something that happens elsewhere before the write goes on, however long it takes. */
export type Stall = () => Promise<void>;

/** Decides, each time a write is about to happen, what becomes of it. */
export type Schedule = (point: string) => Fate | Stall | undefined;

/** What a killed process gets from everything outside it. Nobody sees what it does with that. */
export class Killed extends Error {
  override readonly name = 'Killed';
  constructor() {
    super('this process was killed');
  }
}

/** Lets the writes of one process meet their fates. */
export type Injector = {
  /** Points passed, with how often. */
  readonly passed: ReadonlyMap<string, number>;
  readonly isDead: () => boolean;
  /** Cuts the process off from everything, as SIGKILL does. */
  readonly kill: () => Promise<void>;
  /** @throws Killed when the process was killed */
  readonly requireAlive: () => void;
  /** Passes a point; resolves when no stall keeps the write any more. */
  readonly fateOf: (point: string) => Promise<Fate | undefined>;
  /** Does a write at a point. @param failure the error that its caller gets when it fails */
  readonly write: <T>(
    point: string,
    work: () => Promise<T>,
    failure: (persisted: boolean) => Error,
  ) => Promise<T>;
};

/** @param cut closes what the operating system would close for a process that ended */
export const createInjector = (schedule: Schedule, cut: () => Promise<void>): Injector => {
  const passed = new Map<string, number>();
  let dead: Promise<void> | undefined;

  const kill = (): Promise<void> => (dead ??= cut());
  const requireAlive = (): void => {
    if (dead !== undefined) throw new Killed();
  };
  const fateOf = async (point: string): Promise<Fate | undefined> => {
    requireAlive();
    passed.set(point, (passed.get(point) ?? 0) + 1);
    const fate = schedule(point);
    if (typeof fate !== 'function') return fate;
    await fate();
    return undefined;
  };

  return {
    passed,
    isDead: () => dead !== undefined,
    kill,
    requireAlive,
    fateOf,
    write: async (point, work, failure) => {
      const fate = await fateOf(point);
      if (fate === 'is killed before') {
        await kill();
        throw new Killed();
      }
      if (fate === 'fails') throw failure(false);
      const result = await work();
      if (fate === 'is killed after') await kill();
      requireAlive();
      if (fate === 'persists but reports failure') throw failure(true);
      return result;
    },
  };
};
