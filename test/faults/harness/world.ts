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

/** Blocks that a reorganisation may replace. */
const BLOCKS_BEFORE = 70;

/** The servers that all runs share: PostgreSQL and a chain with the contracts on it. */
export type Ground = {
  readonly admin: Database;
  readonly adminUrl: string;
  readonly chain: TestChain;
  readonly deployment: Deployment;
  readonly folder: string;
  /** Takes the chain back to where it was when only the contracts were on it. */
  readonly clearChain: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts what all runs share. */
export const startGround = async (): Promise<Ground> => {
  const folder = await createTestFolder();
  const postgres = await openTestPostgres();
  const chain = await startTestChain();
  const admin = openDatabase({ url: postgres.adminUrl, poolSize: 2, logger: testLogger });
  const payer = privateKeyToAccount(generatePrivateKey());
  await chain.cheat.setBalance({ address: payer.address, value: parseEther('100') });
  const deployed = await deployContracts({ client: chain.client, payer, finalityDepth: 64n });
  await chain.cheat.mine({ blocks: BLOCKS_BEFORE });
  let snapshot = await chain.cheat.snapshot();
  return {
    admin,
    adminUrl: postgres.adminUrl,
    chain,
    deployment: deployed,
    folder: folder.path,
    clearChain: async () => {
      await chain.cheat.revert({ id: snapshot });
      snapshot = await chain.cheat.snapshot();
    },
    stop: async () => {
      await admin.close();
      await chain.stop();
      await postgres.stop();
      await folder.remove();
    },
  };
};

/** What outlives every process of one log: its database, disks, chain and keys, and the devices that send to it. */
export type World = {
  readonly ground: Ground;
  readonly databaseUrl: string;
  readonly identity: LogIdentity;
  readonly keys: { readonly operator: Hex; readonly anchor: Hex; readonly note: Hex };
  readonly domain: Domain;
  readonly directory: TestDirectory;
  /** The content store's disk; every process has one of its own beside it. */
  readonly disk: PowerLossDisk;
  readonly diskOf: (name: string) => { readonly folder: string; readonly disk: PowerLossDisk };
  readonly folder: string;
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

let worlds = 0;

/** A new log, with nothing in it. */
export const createWorld = async (ground: Ground, finalityDepth: bigint): Promise<World> => {
  const { admin, chain } = ground;
  worlds += 1;
  const name = `faults_${process.pid}_${worlds}`;
  const folder = join(ground.folder, name);
  await mkdir(folder, { mode: 0o711 });
  await ground.clearChain();
  await admin.execute(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);

  const owner = privateKeyToAccount(generatePrivateKey());
  const keys = { operator: generatePrivateKey(), anchor: generatePrivateKey(), note: generatePrivateKey() };
  const [operator, anchor] = [keys.operator, keys.anchor].map((key) => privateKeyToAccount(key).address);
  for (const address of [owner.address, anchor!])
    await chain.cheat.setBalance({ address, value: parseEther('100') });
  const salt = toHex(new Uint8Array(randomBytes(32)));
  const note = noteSignerFrom('log', NOTE_ALGORITHM.ed25519, fromHex(keys.note));
  const deployment = { ...ground.deployment, finalityDepth };
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
    },
  });
  const chainId = BigInt(await chain.client.getChainId());
  const creator = owner.address.toLowerCase() as Hex;
  const logId = logIdOf({
    chainId,
    evidenceLog: fromHex(evidenceLog),
    creator: fromHex(creator),
    salt: fromHex(salt),
  });

  const disks = new Map<string, PowerLossDisk>();
  const rename = (from: string, to: string) => admin.execute(`ALTER DATABASE ${from} RENAME TO ${to}`);
  const kept = { live: name, backup: `${name}_backup`, 'set-aside': `${name}_aside` };
  return {
    ground: { ...ground, deployment },
    databaseUrl: urlOf(ground.adminUrl, name),
    identity: { creator, salt, operator: operator!.toLowerCase() as Hex },
    keys,
    domain: domainOf({ chainId, evidenceLog: fromHex(evidenceLog), logId }),
    directory: createTestDirectory(),
    disk: createPowerLossDisk(),
    diskOf: (process) => {
      const disk = disks.get(process) ?? createPowerLossDisk();
      disks.set(process, disk);
      return { folder: join(folder, process), disk };
    },
    folder,
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
