import type { Database } from './database.ts';

/** Asks the database for its size; rejects when it does not answer. */
export const probeDatabase = async (
  database: Database,
): Promise<{
  readonly status: 'ok';
  readonly figures: { readonly databaseBytes: number; readonly roundTripMs: number };
}> => {
  const began = performance.now();
  const [row] = await database.query<{ bytes: bigint }>(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return {
    status: 'ok',
    figures: { databaseBytes: Number(row?.bytes ?? 0n), roundTripMs: performance.now() - began },
  };
};
