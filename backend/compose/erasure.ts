import type { Primitives } from '@gridseal/protocol/primitives';
import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { createErasureStore } from '../features/erasure/erasure-store.ts';
import { createEraser } from '../features/erasure/eraser.ts';
import { createErasures } from '../features/erasure/erasures.ts';
import { erasureRoutes } from '../features/erasure/routes.ts';
import type { ErasureKeys } from '../features/erasure/types.ts';
import type { LogReader } from '../features/log/types.ts';
import type { ContentStore } from '../features/payloads/types.ts';
import type { OperatorIntents } from '../features/sequencer/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';
import type { composeAnchoring } from './anchoring.ts';

const LOOK_MS = 1_000;

/** Erasures: where they are asked for, and the worker that destroys the keys. */
export const composeErasure = (options: {
  readonly database: Database;
  readonly anchoring: Pick<ReturnType<typeof composeAnchoring>, 'source' | 'holdsLease'>;
  readonly log: LogReader;
  readonly content: ContentStore;
  readonly keys: ErasureKeys;
  readonly intents: Pick<OperatorIntents, 'erasure'>;
  readonly primitives: Primitives;
  readonly lookMs?: number;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}) => {
  const { database, anchoring, log, content, keys, intents, primitives, lifetime, logger } = options;
  const store = createErasureStore(database);
  const eraser = createEraser({
    erasures: store,
    keys,
    store: content,
    intents,
    primitives,
    holdsLease: anchoring.holdsLease,
    logger,
  });
  const poller = createPoller({
    name: 'erasure',
    intervalMs: options.lookMs ?? LOOK_MS,
    step: eraser.step,
    logger,
  });
  poller.start();
  lifetime.own('erasure worker', poller.stop);
  const erasures = createErasures({ erasures: store, log, source: anchoring.source, store: content });
  return {
    erasures,
    /** Whether the erasure of a batch was asked for. */
    isErased: async (digest: Uint8Array) => (await store.find(digest)) !== undefined,
    routes: erasureRoutes(erasures),
  };
};
