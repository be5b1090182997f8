import type { HealthProbe } from '../health/types.ts';
import type { Gate } from './gate.ts';
import type { Ingest } from './types.ts';

/** Ingest's part of `/health`: how much is between submission and acknowledgement, and whether new work is refused. */
export const createIngestProbe = (ingest: Ingest, gate: Gate): HealthProbe => ({
  part: 'ingest',
  check: async () => {
    const { statements, bytes } = ingest.queued();
    const reason = await gate.closedBy();
    const figures = {
      queuedStatements: statements,
      queuedBytes: bytes,
      refusing: reason === undefined ? 0 : 1,
    };
    return reason === undefined
      ? { status: 'ok', figures }
      : { status: 'failing', detail: `new work is refused: ${reason}`, figures };
  },
});
