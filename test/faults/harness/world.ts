import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { domainOf, fromHex, logId as logIdOf, type Domain, type Hex } from '@gridseal/protocol';
import { toHex } from '@gridseal/protocol/bytes';
import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { openDatabase, type Database } from '../../../backend/adapters/postgres/database.ts';
import { createLog } from '../../../backend/features/chain/create-log.ts';
import { deployContracts } from '../../../backend/features/chain/deploy-contracts.ts';
import type { Deployment, LogIdentity } from '../../../backend/features/chain/bind.ts';
import { noteSignerFrom, NOTE_ALGORITHM } from '@gridseal/protocol/tlog/note';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDirectory, type TestDirectory } from '../../setup/devices.ts';
import { createTestFolder, openTestPostgres, TEMPLATE, testLogger, urlOf } from '../../setup/postgres.ts';
import { createPowerLossDisk, type PowerLossDisk } from './power-loss-file-system.ts';

/** A chain with the contracts on it. */
export type Site = { readonly chain: TestChain; readonly deployment: Deployment };

/** The servers that all runs share. */
export type Ground = {
  readonly admin: Database;
  readonly adminUrl: string;
  readonly folder: string;
  /** The chain for the next world. */
  readonly site: () => Promise<Site>;
  readonly stop: () => Promise<void>;
};

/** Anvil keeps 500 states in memory; once it has written one to disk, a reorganisation can lose the contracts. */
const BLOCKS_OF_A_CHAIN = 300n;

const startSite = async (): Promise<Site> => {
  const chain = await startTestChain();
  const payer = privateKeyToAccount(generatePrivateKey());
  await chain.cheat.setBalance({ address: payer.address, value: parseEther('100') });
  const deployment = await deployContracts({ client: chain.client, payer, finalityDepth: 0n });
  return { chain, deployment };
};

/** Starts what all runs share: PostgreSQL, and one chain after another. */
export const startGround = async (): Promise<Ground> => {
  const folder = await createTestFolder();
  const postgres = await openTestPostgres();
  const admin = openDatabase({ url: postgres.adminUrl, poolSize: 2, logger: testLogger });
  let site = await startSite();
  return {
    admin,
    adminUrl: postgres.adminUrl,
    folder: folder.path,
    site: async () => {
      if ((await site.chain.client.getBlockNumber()) < BLOCKS_OF_A_CHAIN) return site;
      await site.chain.stop();
      site = await startSite();
      return site;
    },
    stop: async () => {
      await admin.close();
      await site.chain.stop();
      await postgres.stop();
      await folder.remove();
    },
  };
};

/** What outlives every process of one log: its database, disks, chain and keys, and the devices that send to it. */
export type World = Site & {
  readonly databaseUrl: string;
  readonly identity: LogIdentity;
  readonly keys: { readonly operator: Hex; readonly anchor: Hex; readonly note: Hex };
  readonly domain: Domain;
  readonly directory: TestDirectory;
  /** Holds the folders of every process and of the content store. */
  readonly disk: PowerLossDisk;
  readonly folder: string;
  /** How long after a statement a receipt promises an anchor. */
  readonly promiseMs: number;
  /** Transactions that replaced blocks may have made useless. */
  mayBeWasted: number;
  /** Ends the database connections of a process, or of all. */
  readonly disconnect: (application?: string) => Promise<void>;
  /** Ends the connection that holds the sequencer's lock. */
  readonly disconnectLeader: () => Promise<number>;
  /** Copies the database; no process may run. */
  readonly backUp: () => Promise<void>;
  /** Puts the copy in the database's place; what was there is kept as `set-aside`. */
  readonly restore: (which: 'backup' | 'set-aside') => Promise<void>;
  readonly end: () => Promise<void>;
};

const PROMISE_MS = 3_600_000;

let worlds = 0;

/** A new log, with nothing in it. @param finalityDepth blocks of its chain; a reorganisation of as many leaves it there */
export const createWorld = async (ground: Ground, finalityDepth: bigint): Promise<World> => {
  const { admin } = ground;
  const site = await ground.site();
  const { chain } = site;
  worlds += 1;
  const name = `faults_${process.pid}_${worlds}`;
  const folder = join(ground.folder, name);
  await mkdir(folder, { mode: 0o711 });
  await admin.execute(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);

  const owner = privateKeyToAccount(generatePrivateKey());
  const keys = { operator: generatePrivateKey(), anchor: generatePrivateKey(), note: generatePrivateKey() };
  const [operator, anchor] = [keys.operator, keys.anchor].map((key) => privateKeyToAccount(key).address);
  for (const address of [owner.address, anchor!])
    await chain.cheat.setBalance({ address, value: parseEther('100') });
  const salt = toHex(new Uint8Array(randomBytes(32)));
  const note = noteSignerFrom('log', NOTE_ALGORITHM.ed25519, fromHex(keys.note));
  const firstBlock = await chain.client.getBlockNumber();
  const deployment = { ...site.deployment, finalityDepth, firstBlock };
  const evidenceLog = deployment.evidenceLog.address;
  await createLog({
    client: chain.client,
    owner,
    evidenceLog,
    log: {
      salt,
      registry: deployment.deviceRegistry.address,
      operator: operator!,
      noteKey: toHex(note.verifierKey.publicKey),
      submitters: [anchor!],
      guardians: { addresses: [`0x${'99'.repeat(20)}`], quorum: 1, delaySeconds: 0 },
    },
  });
  if (finalityDepth > 0n) await chain.cheat.mine({ blocks: Number(finalityDepth) });
  const { timestamp } = await chain.client.getBlock();
  const chainId = BigInt(await chain.client.getChainId());
  const creator = owner.address.toLowerCase() as Hex;
  const logId = logIdOf({
    chainId,
    evidenceLog: fromHex(evidenceLog),
    creator: fromHex(creator),
    salt: fromHex(salt),
  });

  const rename = (from: string, to: string) => admin.execute(`ALTER DATABASE ${from} RENAME TO ${to}`);
  const kept = { live: name, backup: `${name}_backup`, 'set-aside': `${name}_aside` };
  return {
    chain,
    deployment,
    databaseUrl: urlOf(ground.adminUrl, name),
    identity: { creator, salt, operator: operator!.toLowerCase() as Hex },
    keys,
    domain: domainOf({ chainId, evidenceLog: fromHex(evidenceLog), logId }),
    directory: createTestDirectory(),
    disk: createPowerLossDisk(),
    folder,
    // Challenges of earlier worlds have put the chain's time ahead of the clock.
    promiseMs: PROMISE_MS + Math.max(0, Number(timestamp) * 1_000 - Date.now()),
    mayBeWasted: 0,
    disconnect: async (application) => {
      await admin.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = $1 AND ($2::text IS NULL OR application_name = $2)`,
        [name, application ?? null],
      );
    },
    disconnectLeader: async () => {
      const rows = await admin.query(
        `SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE d.datname = $1 AND l.locktype = 'advisory' AND l.granted AND l.classid = $2 AND l.objid = $3`,
        [name, LEADER_LOCK >> 32n, LEADER_LOCK & 0xffff_ffffn],
      );
      return rows.length;
    },
    backUp: async () => {
      await admin.execute(`DROP DATABASE IF EXISTS ${kept.backup}`);
      await admin.execute(`CREATE DATABASE ${kept.backup} TEMPLATE ${name}`);
    },
    restore: async (which) => {
      if (which === 'backup') {
        await admin.execute(`DROP DATABASE IF EXISTS ${kept['set-aside']}`);
        await rename(name, kept['set-aside']);
        await admin.execute(`CREATE DATABASE ${name} TEMPLATE ${kept.backup}`);
        return;
      }
      await admin.execute(`DROP DATABASE ${name}`);
      await rename(kept['set-aside'], name);
    },
    end: async () => {
      for (const database of Object.values(kept))
        await admin.execute(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    },
  };
};

/** The sequencer's advisory lock, as `features/sequencer` names it. */
const LEADER_LOCK = 7_031_872_640_916n;
