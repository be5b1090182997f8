import type { PublicClient } from 'viem';

import type { Logger } from '../adapters/logger/logger.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { Config } from '../config.ts';
import { createAnchorStore } from '../features/anchor/anchor-store.ts';
import type { HealthProbe } from '../features/health/types.ts';
import type { LogReader } from '../features/log/types.ts';
import { createPromiseAnswerer } from '../features/promise/answerer.ts';
import { createChallengeStore } from '../features/promise/challenge-store.ts';
import { findPromiseAnswer } from '../features/promise/covering-anchor.ts';
import { createPromiseProbe } from '../features/promise/health.ts';
import { createAnchorRecorder } from '../features/promise/recorder.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller } from '../worker/poller.ts';
import type { composeAnchoring } from './anchoring.ts';
import type { ChainParts } from './chain.ts';

const LOOK_MS = 1_000;
/** What could not be answered is asked for again after this many looks. */
const LOOKS_TO_SKIP = 60;

/** What keeps the promises of receipts provable: anchors on record for good, and answers to challenges. */
export const composePromise = (options: {
  readonly config: Config['anchor'];
  readonly client: PublicClient;
  readonly database: Database;
  readonly chain: ChainParts;
  readonly log: LogReader;
  readonly anchoring: Pick<ReturnType<typeof composeAnchoring>, 'holdsLease'>;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}): { readonly probes: readonly HealthProbe[] } => {
  const { config, client, database, chain, log, lifetime, logger } = options;
  const { binding, directory, outbox } = chain;
  const { anchorPromise } = binding;
  if (anchorPromise === undefined) return { probes: [] };
  const { holdsLease } = options.anchoring;
  const intervalMs = Math.min(LOOK_MS, config.intervalMs);
  const anchors = createAnchorStore(database);
  const challenges = createChallengeStore(database);
  const recorder = createAnchorRecorder({
    anchorPromise,
    binding,
    store: anchors,
    outbox,
    promiseMs: config.receiptDeadlineMs,
    holdsLease,
  });
  const answerer = createPromiseAnswerer({
    anchorPromise,
    challenges,
    directory,
    answerTo: (challenge) =>
      findPromiseAnswer(challenge, { client, binding, anchorPromise, directory, anchors, log }),
    outbox,
    holdsLease,
    lookAgainMs: LOOKS_TO_SKIP * intervalMs,
    logger,
  });
  const workers = { record: recorder.step, answer: answerer.step };
  for (const [name, step] of Object.entries(workers)) {
    const poller = createPoller({ name, intervalMs, step, logger });
    poller.start();
    lifetime.own(`${name} worker`, poller.stop);
  }
  return { probes: [createPromiseProbe({ challenges, directory })] };
};
