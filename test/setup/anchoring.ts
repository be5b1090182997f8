import {
  digest,
  decodeEntry,
  domainOf,
  fromHex,
  logId as logIdOf,
  toHex,
  type Hex,
} from '@gridseal/protocol';
import { evidenceLogAbi, evidenceLogBytecode } from '@gridseal/sdk/abi/evidence-log';
import { createWalletClient, http, parseEther, parseGwei, zeroHash } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { createAnchorStore } from '../../backend/features/anchor/anchor-store.ts';
import { createAnchorArchivist } from '../../backend/features/anchor/archive/archivist.ts';
import { createEvidenceStore } from '../../backend/features/anchor/archive/evidence-store.ts';
import { createManifestBuilder } from '../../backend/features/anchor/manifest-builder.ts';
import type { AnchorPolicy } from '../../backend/features/anchor/types.ts';
import { createAnchorWatch } from '../../backend/features/anchor/watch.ts';
import { createAnchorWorker } from '../../backend/features/anchor/worker.ts';
import { createDirectory } from '../../backend/features/chain/directory.ts';
import { createFollower } from '../../backend/features/chain/follower.ts';
import { createProfiles } from '../../backend/features/chain/profiles.ts';
import { createOutbox } from '../../backend/features/chain/outbox.ts';
import type { ChainBinding } from '../../backend/features/chain/types.ts';
import type { ContentStore } from '../../backend/features/payloads/types.ts';
import { anchorable } from '../../backend/features/anchor/anchorable.ts';
import { NO_WITNESSES } from '../../backend/features/witness/none.ts';
import type { Cosignatures } from '../../backend/features/witness/types.ts';
import type { TestChain } from './anvil.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryStore } from './memory-store.ts';
import { testLogger, type TestDatabase } from './postgres.ts';

const keyOf = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;

/** Accounts of the service and of devices in tests. */
export const TEST_ACCOUNTS = {
  owner: privateKeyToAccount(keyOf(0x11)),
  operator: privateKeyToAccount(keyOf(0x12)),
  anchor: privateKeyToAccount(keyOf(0x13)),
};
const lower = (address: string): Hex => address.toLowerCase() as Hex;

let salts = 0;

/** Contracts and a log of its own on a test chain, as bootstrap would make them. */
export const createTestLog = async (chain: TestChain, deviceRegistry: Hex): Promise<ChainBinding> => {
  const { owner, operator, anchor } = TEST_ACCOUNTS;
  for (const { address } of [owner, operator, anchor]) {
    await chain.cheat.setBalance({ address, value: parseEther('100') });
  }
  await chain.cheat.setCode({ address: deviceRegistry, bytecode: '0x00' });
  const wallet = createWalletClient({ account: owner, transport: http(chain.url) });
  const mined = async (hash: Hex) => {
    await chain.cheat.mine({ blocks: 1 });
    return chain.client.getTransactionReceipt({ hash });
  };
  const deployment = await wallet.deployContract({
    abi: evidenceLogAbi,
    bytecode: evidenceLogBytecode,
    chain: null,
  });
  const evidenceLog = lower((await mined(deployment)).contractAddress ?? '');
  salts += 1;
  const salt = `0x${salts.toString(16).padStart(64, '0')}` as const;
  const creation = await wallet.writeContract({
    address: evidenceLog,
    abi: evidenceLogAbi,
    functionName: 'createLog',
    args: [
      salt,
      {
        registry: deviceRegistry,
        operator: operator.address,
        noteKey: zeroHash,
        submitters: [anchor.address],
        guardians: [],
        quorum: 0,
        epochDelay: 0n,
      },
    ],
    chain: null,
  });
  const { blockNumber } = await mined(creation);
  const chainId = BigInt(await chain.client.getChainId());
  const creator = fromHex(lower(owner.address));
  const genesis = await chain.client.getBlock({ blockNumber: 0n });
  return {
    chainId,
    genesisHash: genesis.hash,
    evidenceLog,
    deviceRegistry,
    logId: toHex(logIdOf({ chainId, evidenceLog: fromHex(evidenceLog), creator, salt: fromHex(salt) })),
    epoch: 0n,
    operator: lower(operator.address),
    createdAt: blockNumber,
    finalityDepth: 0n,
  };
};

/** Everything that anchoring needs, on a real database and a real chain. `restart` forgets all memory. */
export const createAnchoring = (
  chain: TestChain,
  postgres: TestDatabase,
  binding: ChainBinding,
  parts: {
    readonly log?: ReturnType<typeof createMemoryLog>;
    readonly content?: ContentStore;
    readonly client?: TestChain['client'];
    readonly replaceAfterMs?: number;
    readonly policy?: AnchorPolicy;
    readonly cosignatures?: Cosignatures;
    readonly holdsLease?: false;
  } = {},
) => {
  const { database } = postgres;
  const client = parts.client ?? chain.client;
  const domain = domainOf({
    chainId: binding.chainId,
    evidenceLog: fromHex(binding.evidenceLog),
    logId: fromHex(binding.logId),
  });
  const log =
    parts.log ??
    createMemoryLog({
      origin: `gridseal.test/${binding.logId.slice(2)}/0`,
      digestOf: (entry) => digest(decodeEntry(entry).authorPart, domain),
    });
  const content = parts.content ?? createMemoryStore();
  const directory = createDirectory(database, binding.finalityDepth);
  const follower = createFollower({
    client,
    database,
    binding,
    directory,
    firstBlock: 0n,
    queue: async () => undefined,
  });
  const outbox = createOutbox({
    account: TEST_ACCOUNTS.anchor,
    client,
    database,
    replaceAfterMs: parts.replaceAfterMs ?? 60_000,
    maxFeePerGas: parseGwei('500'),
    logger: testLogger,
  });
  const store = createAnchorStore(database);
  const archive = createEvidenceStore(database);
  const watch = createAnchorWatch({ database, log, binding, logger: testLogger });
  const worker = createAnchorWorker({
    log,
    client,
    binding,
    directory,
    follower,
    outbox,
    store,
    mover: { moveBelow: async () => undefined },
    manifests: createManifestBuilder({
      log,
      store: content,
      archive,
      profiles: createProfiles(database),
      logId: binding.logId,
    }),
    archivist: createAnchorArchivist({ client, binding, log, store: archive }),
    candidate: () => anchorable(log, parts.cosignatures ?? NO_WITNESSES),
    policy: parts.policy ?? { intervalMs: 0, maxEntries: 1_000 },
    holdsLease: async () => parts.holdsLease !== false,
    watch,
    logger: testLogger,
  });

  /** Steps until nothing is left to do without a new block. */
  const settle = async (): Promise<void> => {
    while ((await worker.step()) === 'more');
  };

  return {
    database,
    binding,
    domain,
    log,
    content,
    directory,
    follower,
    outbox,
    store,
    archive,
    watch,
    worker,
    settle,
  };
};
