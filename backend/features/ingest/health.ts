import type { HealthProbe } from '../health/types.ts';
import type { Ingest } from './types.ts';

/** Ingest's part of `/health`: how much is between submission and acknowledgement. */
export const createIngestProbe = (ingest: Ingest): HealthProbe => ({
  part: 'ingest',
  check: () => {
    const { statements, bytes } = ingest.queued();
    return { status: 'ok', figures: { queuedStatements: statements, queuedBytes: bytes } };
  },
});
