import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import type { Hex, LocalAccount, PublicClient } from 'viem';

import type { Logger } from '../adapters/logger/logger.ts';
import type { Config } from '../config.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { readAnchoredHead } from '../features/chain/anchored-head.ts';
import { bindChain, type Deployment, type LogIdentity } from '../features/chain/bind.ts';
import { createDeviceSearch } from '../features/chain/device-search.ts';
import { createDirectory } from '../features/chain/directory.ts';
import { createFollower } from '../features/chain/follower.ts';
import { createAccountProbe, createChainProbe } from '../features/chain/health.ts';
import { createOutbox } from '../features/chain/outbox.ts';
import { createProfiles } from '../features/chain/profiles.ts';
import { createRelay } from '../features/chain/relay.ts';
import { chainRoutes } from '../features/chain/routes.ts';
import { EpochOver } from '../features/anchor/errors.ts';
import { createAnchorWatch, haltedBy } from '../features/anchor/watch.ts';
import { readEpochQuorum } from '../features/chain/epoch-rules.ts';
import type { LogReader } from '../features/log/types.ts';
import type { OperatorIntents } from '../features/sequencer/types.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPoller, type StepOutcome } from '../worker/poller.ts';

/** How long a transaction may wait before its fees rise. */
const REPLACE_AFTER_MS = 45_000;
/** Wei a unit of gas; above it a stuck transaction is an alarm, not an expense. */
const MAX_FEE_PER_GAS = 500_000_000_000n;

type RelayConfig = Config['relay'];

const PROFILES_LOOK_MS = 30_000;
/** Chains of one machine, whose money is worth nothing. */
const DEVELOPMENT_CHAINS: readonly bigint[] = [31_337n, 1_337n];

/** Whose registry calls are relayed and logged: whom RELAY_OWNERS names, else whom ADMIT_OWNERS names, else nobody where gas is money. */
const admittedOwners = (
  { owners }: RelayConfig,
  admitOwners: 'any' | readonly string[],
  chainId: bigint,
): 'any' | readonly Hex[] => {
  if (owners === 'any') return 'any';
  if (owners === 'none') return [];
  if (owners !== undefined) return owners as readonly Hex[];
  if (admitOwners !== 'any') return admitOwners as readonly Hex[];
  return DEVELOPMENT_CHAINS.includes(chainId) ? 'any' : [];
};

/**
 * The chain's part of the service: bound to the log, followed up to its head before anything asks
 * who may speak.
 *
 * @param account pays for anchors
 * @param pollMs how often the follower looks for new blocks
 */
export const composeChain = async (options: {
  readonly client: PublicClient;
  readonly database: Database;
  readonly deployment: Deployment;
  readonly log: LogIdentity;
  readonly account: LocalAccount;
  /** Pays for registry calls of others. */
  readonly relayAccount: LocalAccount;
  readonly relay: RelayConfig;
  readonly admitOwners: 'any' | readonly string[];
  readonly intents: OperatorIntents;
  readonly pollMs: number;
  /** Repeats at start what fails because the node is away; the workers repeat by themselves. */
  readonly whenChainAnswers?: <T>(attempt: () => Promise<T>) => Promise<T>;
  /** The published log, with which anchors are compared. */
  readonly published: Pick<LogReader, 'head' | 'root'>;
  readonly onFatal: (error: Error) => void;
  readonly lifetime: Lifetime;
  readonly logger: Logger;
}) => {
  const { client, database, deployment, logger, lifetime } = options;
  const { whenChainAnswers = <T>(attempt: () => Promise<T>) => attempt() } = options;
  const binding = await whenChainAnswers(() => bindChain({ client, database, deployment, log: options.log }));
  const directory = createDirectory(database, binding.finalityDepth);
  const admitted = admittedOwners(options.relay, options.admitOwners, binding.chainId);
  const watch = createAnchorWatch({ database, log: options.published, binding, logger });
  const quorum = await whenChainAnswers(() => readEpochQuorum(client, binding));
  const follower = createFollower({
    client,
    database,
    binding,
    directory,
    firstBlock: deployment.firstBlock,
    queue: options.intents.registryChanges,
    loggedOwners: admitted === 'any' ? undefined : admitted,
  });
  await whenChainAnswers(follower.catchUp);
  await watch.look();
  const follow = async (): Promise<StepOutcome> => {
    const outcome = await follower.step();
    await watch.look();
    const later = watch.laterEpoch();
    if (later !== undefined) options.onFatal(new EpochOver(later));
    return outcome;
  };
  const outbox = createOutbox({
    account: options.account,
    client,
    database,
    replaceAfterMs: REPLACE_AFTER_MS,
    maxFeePerGas: MAX_FEE_PER_GAS,
    logger,
  });
  const relayOutbox = createOutbox({
    account: options.relayAccount,
    client,
    database,
    replaceAfterMs: REPLACE_AFTER_MS,
    maxFeePerGas: MAX_FEE_PER_GAS,
    logger,
  });
  const profiles = createProfiles(database);
  const pollers = [
    createPoller({ name: 'follower', intervalMs: options.pollMs, step: follow, logger }),
    createPoller({ name: 'outbox', intervalMs: options.pollMs, step: outbox.step, logger }),
    createPoller({ name: 'relay', intervalMs: options.pollMs, step: relayOutbox.step, logger }),
    createPoller({ name: 'profiles', intervalMs: PROFILES_LOOK_MS, step: profiles.step, logger }),
  ] as const;
  for (const poller of pollers) {
    poller.start();
    lifetime.own('chain worker', poller.stop);
  }
  const relay = createRelay({
    client,
    database,
    outbox: relayOutbox,
    to: binding.deviceRegistry,
    abi: deviceRegistryAbi,
    policy: {
      admits: (owner) => admitted === 'any' || admitted.includes(owner),
      transactionsPerDay: options.relay.transactionsPerDay,
      weiPerDay: options.relay.weiPerDay,
    },
  });
  return {
    binding,
    directory,
    follower,
    watch,
    /** Guardians who must agree to a new epoch; 0 = there can be none. */
    quorum: () => quorum,
    outbox,
    profiles,
    /** States that the sequencer must not be behind of when it takes over. */
    witnessed: async () => {
      const head = await readAnchoredHead(client, binding);
      return head === undefined ? [] : [head];
    },
    routes: chainRoutes({
      search: createDeviceSearch(database, directory),
      relay,
      profiles,
      ownerOf: directory.ownerOf,
      haltedBy: () => haltedBy(watch),
    }),
    probes: [
      createChainProbe({ follower, directory, poller: pollers[0] }),
      createAccountProbe('anchorAccount', outbox),
    ],
  };
};

/** What {@link composeChain} hands to the other parts. */
export type ChainParts = Awaited<ReturnType<typeof composeChain>>;
