import type { HealthProbe } from '../health/types.ts';
import type { Gate } from './gate.ts';
import type { Ingest } from './types.ts';

/** A commit takes milliseconds, on two servers as well; one that waits longer waits for somebody who is away. */
const CONFIRMED_WITHIN_MS = 5_000;

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
    if (reason !== undefined) return { status: 'failing', detail: `new work is refused: ${reason}`, figures };
    const waitingMs = ingest.waitingMs();
    if (waitingMs < CONFIRMED_WITHIN_MS) return { status: 'ok', figures };
    const detail = `a batch waits since ${Math.round(waitingMs / 1_000)} s for its commit: the database does not confirm, or its standby does not`;
    return { status: 'degraded', detail, figures };
  },
});
