import type { Primitives } from '@gridseal/protocol/primitives';
import { emptyRoot } from '@gridseal/protocol/merkle/hash';
import { formatVerifierKey, parseVerifierKey, type NoteSigner } from '@gridseal/protocol/tlog/note';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import type { HealthProbe } from '../features/health/types.ts';
import type { LogReader } from '../features/log/types.ts';
import { SequencerError } from '../features/sequencer/errors.ts';
import { signCheckpoint } from '../features/sequencer/integration.ts';
import { createWitnessProbe } from '../features/witness/health.ts';
import { readStandings } from '../features/witness/standing.ts';
import { createCosignatureStore } from '../features/witness/store.ts';
import type { Cosignatures, Witness } from '../features/witness/types.ts';
import { createWitnessWorker } from '../features/witness/worker.ts';
import type { Lifetime } from '../lifetime.ts';
import { createLease } from '../worker/lease.ts';
import { createPoller } from '../worker/poller.ts';

const LOOK_MS = 500;
const ANSWER_MS = 5_000;

/** Witnesses that cosign checkpoints; without any, nothing waits for them. */
export type WitnessParts = {
  readonly cosignatures: Cosignatures;
  /** C2SP keys of every witness that was ever asked. */
  readonly keys: readonly string[];
  /** Sizes that the sequencer must not be behind of when it takes over. */
  readonly standings: () => Promise<readonly { readonly size: bigint }[]>;
  /** What verifiers are to demand of checkpoints. */
  readonly demand: (head: bigint) => Promise<{ from: string; quorum: string; keys: readonly string[] }>;
  /** Starts asking, once there is a log to show. */
  readonly start: (log: LogReader) => readonly HealthProbe[];
};

/** @param onFatal told when a witness has seen more of the log than was ever published here */
export const composeWitness = async (options: {
  readonly config: Config['witness'];
  readonly database: Database;
  readonly primitives: Primitives;
  readonly note: NoteSigner;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
}): Promise<WitnessParts> => {
  const { config, database, primitives, note, lifetime, logger, onFatal } = options;
  const origin = note.verifierKey.name;
  const witnesses: Witness[] = config.witnesses.map(({ key, url }) => ({ key: parseVerifierKey(key), url }));
  const { quorum } = config;
  const store = createCosignatureStore(database);
  await store.know(witnesses);
  const cosignatures: Cosignatures = {
    quorum,
    newest: async () => (witnesses.length === 0 ? undefined : store.newest(origin, witnesses, quorum)),
  };
  const asking = { timeoutMs: ANSWER_MS, primitives, logger };
  return {
    cosignatures,
    keys: await store.keys(),
    standings: () =>
      readStandings(
        witnesses,
        signCheckpoint({ origin, size: 0n, root: emptyRoot(primitives) }, note),
        asking,
      ),
    demand: async (head) => ({
      from: String(await store.enforce(quorum, head)),
      quorum: String(quorum),
      keys: witnesses.map(({ key }) => formatVerifierKey(key)),
    }),
    start: (log) => {
      if (witnesses.length === 0) return [];
      const lease = createLease(database, 'witness');
      const worker = createWitnessWorker({
        ...asking,
        log,
        witnesses,
        store,
        cosignatures,
        holdsLease: lease.holds,
        now: Date.now,
        onAhead: (error) => {
          onFatal(new SequencerError('database-behind', error.message, 'less'));
        },
      });
      const poller = createPoller({ name: 'witness', intervalMs: LOOK_MS, step: worker.step, logger });
      poller.start();
      lifetime.own('witness lease', lease.release);
      lifetime.own('witness worker', poller.stop);
      return [createWitnessProbe(worker, cosignatures)];
    },
  };
};
