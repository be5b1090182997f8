/** Many readers at once, or one writer alone. Writers come in order, and new readers wait behind them. */
export type ReadWriteLock = {
  readonly read: <T>(work: () => Promise<T>) => Promise<T>;
  readonly write: <T>(work: () => Promise<T>) => Promise<T>;
};

const settled = async (work: Promise<unknown>): Promise<void> => {
  await Promise.allSettled([work]);
};

/** @example await lock.write(async () => { await mine(); await persist(); }); */
export const createReadWriteLock = (): ReadWriteLock => {
  const readers = new Set<Promise<void>>();
  let lastWrite: Promise<void> = Promise.resolve();

  return {
    read: async (work) => {
      // A writer may have come while this reader waited for the one before.
      for (let seen: Promise<void> | undefined; seen !== lastWrite;) {
        seen = lastWrite;
        await seen;
      }
      const running = work();
      const reader = settled(running);
      readers.add(reader);
      void reader.then(() => readers.delete(reader));
      return running;
    },
    write: (work) => {
      const before = lastWrite;
      const running = (async () => {
        await before;
        await Promise.all(readers);
        return work();
      })();
      lastWrite = settled(running);
      return running;
    },
  };
};
