import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Hex } from '@gridseal/protocol';
import { keccak256 } from 'viem';

import { bindChain, type Deployment } from '../../../backend/features/chain/bind.ts';
import { createLog } from '../../../backend/features/chain/create-log.ts';
import { ChainError, type ChainErrorCode } from '../../../backend/features/chain/errors.ts';
import { createTestLog, TEST_ACCOUNTS } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';

const REGISTRY: Hex = `0x${'77'.repeat(20)}`;
const lower = (address: string) => address.toLowerCase() as Hex;
const owner = lower(TEST_ACCOUNTS.owner.address);
const operator = lower(TEST_ACCOUNTS.operator.address);

let chain: TestChain;
let postgres: TestDatabase;
let deployment: Deployment;

before(async () => {
  chain = await startTestChain();
});
after(() => chain.stop());
beforeEach(async (t) => {
  postgres = await createTestDatabase();
  if ('after' in t) t.after(() => postgres.close());
  await chain.cheat.setAutomine(false);
  const { evidenceLog } = await createTestLog(chain, REGISTRY);
  await chain.cheat.setAutomine(true);
  const contract = async (address: Hex) => ({
    address,
    codeHash: keccak256((await chain.client.getCode({ address })) ?? '0x'),
  });
  deployment = {
    evidenceLog: await contract(evidenceLog),
    deviceRegistry: await contract(REGISTRY),
    finalityDepth: 0n,
    firstBlock: 0n,
  };
});

const salt: Hex = `0x${'5a'.repeat(32)}`;

const bind = (options: { create?: boolean; deployment?: Deployment; operator?: Hex; salt?: Hex } = {}) =>
  bindChain({
    client: chain.client,
    database: postgres.database,
    deployment: options.deployment ?? deployment,
    log: {
      creator: owner,
      salt: options.salt ?? salt,
      operator: options.operator ?? operator,
      ...(options.create === true
        ? {
            create: () =>
              createLog({
                client: chain.client,
                owner: TEST_ACCOUNTS.owner,
                evidenceLog: deployment.evidenceLog.address,
                log: {
                  salt: options.salt ?? salt,
                  registry: REGISTRY,
                  operator,
                  noteKey: `0x${'01'.repeat(32)}`,
                  submitters: [lower(TEST_ACCOUNTS.anchor.address)],
                  guardians: { addresses: [`0x${'99'.repeat(20)}`], quorum: 1, delaySeconds: 0 },
                },
              }),
          }
        : {}),
    },
  });

const refuses = (work: Promise<unknown>, code: ChainErrorCode) =>
  assert.rejects(work, (error) => error instanceof ChainError && error.code === code, code);

test('a log is created once, and found from then on', async () => {
  await refuses(bind(), 'log-missing');
  const created = await bind({ create: true });
  const nonce = await chain.client.getTransactionCount({ address: owner });
  assert.deepEqual(await bind({ create: true }), created);
  assert.deepEqual(await bind(), created);
  assert.equal(await chain.client.getTransactionCount({ address: owner }), nonce);
});

test('contracts that are missing or are not ours are named', async () => {
  const elsewhere = { ...deployment.evidenceLog, address: `0x${'99'.repeat(20)}` as const };
  await refuses(bind({ deployment: { ...deployment, evidenceLog: elsewhere } }), 'contract-missing');
  const other = { ...deployment.deviceRegistry, codeHash: `0x${'00'.repeat(32)}` as const };
  await refuses(bind({ deployment: { ...deployment, deviceRegistry: other } }), 'contract-differs');
});

test('a log of another operator is not ours', async () => {
  await bind({ create: true });
  await refuses(bind({ operator: `0x${'12'.repeat(20)}` }), 'log-differs');
});

test('a database remembers its chain and its log', async () => {
  await bind({ create: true });
  await refuses(bind({ create: true, salt: `0x${'6b'.repeat(32)}` }), 'log-differs');
  await postgres.database.execute(`UPDATE chain_binding SET genesis_hash = decode(repeat('ab', 32), 'hex')`);
  await refuses(bind(), 'chain-replaced');
  await postgres.database.execute('UPDATE chain_binding SET chain_id = 1');
  await refuses(bind(), 'wrong-chain');
});

test('an owner who cannot pay is told so', async () => {
  await chain.cheat.setBalance({ address: owner, value: 0n });
  await refuses(bind({ create: true }), 'no-funds');
});
