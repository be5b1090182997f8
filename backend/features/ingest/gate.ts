/** A figure that must not grow beyond bounds while work is taken. */
export type LivenessLimit = {
  /** For a person: `sequencer lag, ms`. */
  readonly name: string;
  readonly figure: () => Promise<number>;
  /** Above it new work is refused, until the figure is below four fifths of it again. */
  readonly refuseAbove: number;
  /** Why work is refused, where the figure alone does not say it. */
  readonly describe?: (value: number) => string;
};

/** Decides whether new work is taken: what is behind must catch up before more is promised. */
export type Gate = {
  readonly watch: (limit: LivenessLimit) => void;
  /** Closes the gate for as long as there is a reason, which nothing here that catches up can take away. */
  readonly halt: (reason: () => string | undefined) => void;
  /** Why no work is taken until somebody acts, or `undefined`. */
  readonly haltedBy: () => string | undefined;
  /** Why new work is refused, or `undefined`. @throws what a figure throws */
  readonly closedBy: () => Promise<string | undefined>;
};

const LOOK_EVERY_MS = 500;
/** Part of a limit below which a gate opens again, so that it does not flutter. */
const REOPEN_BELOW = 0.8;

/** @param lookEveryMs how long a look counts; ingest asks for every request */
export const createGate = (lookEveryMs = LOOK_EVERY_MS): Gate => {
  const limits: LivenessLimit[] = [];
  const halts: (() => string | undefined)[] = [];
  let closed: { readonly name: string; readonly reason: string } | undefined;
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    for (const { name, figure, refuseAbove, describe } of limits) {
      const value = await figure();
      const bound = closed?.name === name ? REOPEN_BELOW * refuseAbove : refuseAbove;
      if (value <= bound) continue;
      const reason =
        describe?.(value) ?? `${name} is ${Math.round(value)}, at most ${refuseAbove} is allowed`;
      closed = { name, reason };
      return;
    }
    closed = undefined;
  };

  const haltedBy = (): string | undefined => {
    for (const halt of halts) {
      const reason = halt();
      if (reason !== undefined) return reason;
    }
    return undefined;
  };

  return {
    watch: (limit) => {
      limits.push(limit);
    },
    halt: (reason) => {
      halts.push(reason);
    },
    haltedBy,
    closedBy: async () => {
      const halted = haltedBy();
      if (halted !== undefined) return halted;
      if (performance.now() - lookedAt >= lookEveryMs) {
        looking ??= look().finally(() => {
          looking = undefined;
          lookedAt = performance.now();
        });
        await looking;
      }
      return closed?.reason;
    },
  };
};
