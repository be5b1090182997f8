import type { HealthProbe } from '../health/types.ts';
import type { Cosignatures } from './types.ts';
import type { WitnessWorker } from './worker.ts';

/** The witnesses' part of `/health`: degraded while one of them does not sign, failing while the quorum cannot be reached. */
export const createWitnessProbe = (worker: WitnessWorker, { quorum }: Cosignatures): HealthProbe => ({
  part: 'witness',
  check: () => {
    const states = worker.states();
    const failing = states.filter((state) => state.failing !== undefined);
    const signing = states.length - failing.length;
    const status = signing < quorum ? 'failing' : failing.length > 0 ? 'degraded' : 'ok';
    const detail = failing.map((state) => state.failing?.error.message).join('; ');
    return {
      status,
      ...(detail === '' ? {} : { detail }),
      figures: { witnesses: states.length, signing, quorum },
    };
  },
});
