import type { HealthProbe } from '../health/types.ts';
import type { Sequencer } from './types.ts';

/** Waiting longer than this for a place in the log counts as failing; a checkpoint takes a fraction of a second. */
const FAILING_AFTER_MS = 30_000;
const DEGRADED_AFTER_MS = 3_000;

/** The sequencer's part of `/health`: how far the log is behind what was acknowledged. */
export const createSequencerProbe = (sequencer: Sequencer): HealthProbe => ({
  part: 'sequencer',
  check: async () => {
    const { role, size, pendingStatements, oldestPendingMs, lastError } = await sequencer.status();
    const status =
      role === 'stopped' || oldestPendingMs > FAILING_AFTER_MS
        ? 'failing'
        : lastError !== undefined || oldestPendingMs > DEGRADED_AFTER_MS
          ? 'degraded'
          : 'ok';
    return {
      status,
      ...(lastError === undefined ? {} : { detail: lastError }),
      figures: {
        leading: role === 'leader' ? 1 : 0,
        logSize: Number(size),
        pendingStatements,
        lagMs: oldestPendingMs,
      },
    };
  },
});
