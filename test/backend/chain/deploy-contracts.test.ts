import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { create2Factory } from '@gridseal/sdk/abi/deployment';
import { keccak256, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { deployContracts } from '../../../backend/features/chain/deploy-contracts.ts';
import { readDeployment } from '../../../backend/features/chain/deployments.ts';
import { ChainError } from '../../../backend/features/chain/errors.ts';
import { type TestChain, startTestChain } from '../../setup/anvil.ts';

const payer = privateKeyToAccount(`0x${'21'.repeat(32)}`);

let chain: TestChain;
before(async () => {
  chain = await startTestChain();
  await chain.cheat.setCode({ address: create2Factory, bytecode: '0x' });
});
after(() => chain.stop());

const deploy = () => deployContracts({ client: chain.client, payer, finalityDepth: 7n });

test('nothing is sent from an account that cannot pay', async () => {
  await assert.rejects(deploy(), (error) => error instanceof ChainError && error.code === 'no-funds');
});

test('contracts go where their code says, also on a chain without the factory', async () => {
  await chain.cheat.setBalance({ address: payer.address, value: parseEther('10') });
  const deployment = await deploy();
  assert.notEqual(deployment.evidenceLog.address, deployment.deviceRegistry.address);
  for (const { address, codeHash } of [deployment.evidenceLog, deployment.deviceRegistry]) {
    const code = await chain.client.getCode({ address });
    assert.equal(codeHash, keccak256(code ?? '0x'));
  }
  assert.equal(deployment.finalityDepth, 7n);
  assert.ok(deployment.firstBlock > 0n && deployment.firstBlock <= (await chain.client.getBlockNumber()));
});

test('contracts that are there already cost nothing', async () => {
  const nonce = await chain.client.getTransactionCount({ address: payer.address });
  const deployment = await deploy();
  assert.equal(await chain.client.getTransactionCount({ address: payer.address }), nonce);
  assert.equal(deployment.firstBlock, 0n);
});

test('a recorded deployment is read, a missing or mislabelled one refused', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'gridseal-deployments-'));
  t.after(() => rm(path, { recursive: true }));
  const folder = pathToFileURL(`${path}/`);
  const contract = { address: `0x${'ab'.repeat(20)}`, codeHash: `0x${'cd'.repeat(32)}` };
  const text = JSON.stringify({
    chainId: '5',
    evidenceLog: contract,
    deviceRegistry: contract,
    finalityDepth: '12',
    firstBlock: '99',
  });
  await writeFile(join(path, '5.json'), text);
  await writeFile(join(path, '6.json'), text);
  const deployment = await readDeployment(5n, folder);
  assert.deepEqual(deployment.evidenceLog, contract);
  assert.equal(deployment.finalityDepth, 12n);
  const isCode = (code: string) => (error: unknown) => error instanceof ChainError && error.code === code;
  await assert.rejects(readDeployment(6n, folder), isCode('wrong-chain'));
  await assert.rejects(readDeployment(7n, folder), isCode('contract-missing'));
});
