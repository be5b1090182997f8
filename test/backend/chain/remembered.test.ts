import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keccak256 } from 'viem';
import { ChainError } from '../../../backend/features/chain/errors.ts';
import { rememberedContracts, rememberedDeployment } from '../../../backend/features/chain/remembered.ts';
import { type TestChain, startTestChain } from '../../setup/anvil.ts';
import { type TestDatabase, createTestDatabase } from '../../setup/postgres.ts';

const contracts = { evidenceLog: `0x${'0e'.repeat(20)}`, deviceRegistry: `0x${'0d'.repeat(20)}` } as const;

let chain: TestChain;
let postgres: TestDatabase;
before(async () => {
  chain = await startTestChain();
  postgres = await createTestDatabase();
});
after(async () => {
  await postgres.close();
  await chain.stop();
});

test('a log stays in the contracts it was begun in, whatever this version would deploy', async () => {
  assert.equal(await rememberedContracts(postgres.database), undefined);
  await postgres.database.execute(
    `INSERT INTO chain_binding (chain_id, genesis_hash, evidence_log, device_registry, log_id)
     VALUES (31337, $1, $2, $3, $1)`,
    [new Uint8Array(32), Buffer.from('0e'.repeat(20), 'hex'), Buffer.from('0d'.repeat(20), 'hex')],
  );
  const found = await rememberedContracts(postgres.database);
  assert.deepEqual(found, contracts);
  await assert.rejects(
    rememberedDeployment(chain.client, contracts, 0n),
    (error) => error instanceof ChainError && error.code === 'contract-missing',
  );
  await chain.cheat.setCode({ address: contracts.evidenceLog, bytecode: '0x01' });
  await chain.cheat.setCode({ address: contracts.deviceRegistry, bytecode: '0x02' });
  assert.deepEqual(await rememberedDeployment(chain.client, contracts, 3n), {
    evidenceLog: { address: contracts.evidenceLog, codeHash: keccak256('0x01') },
    deviceRegistry: { address: contracts.deviceRegistry, codeHash: keccak256('0x02') },
    finalityDepth: 3n,
    firstBlock: 0n,
  });
});
