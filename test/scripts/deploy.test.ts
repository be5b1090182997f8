import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  deviceRegistryAddress,
  deviceRegistryCodeHash,
  evidenceLogAddress,
  evidenceLogCodeHash,
} from '@gridseal/sdk/abi/deployment';
import { keccak256, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { readDeployment } from '../../backend/features/chain/deployments.ts';
import { root } from '../../scripts/paths.ts';
import { startTestChain, type TestChain } from '../setup/anvil.ts';
import { createTestFolder } from '../setup/postgres.ts';

const KEY: Hex = `0x${'4b'.repeat(32)}`;

describe('npm run deploy', () => {
  let chain: TestChain;
  let folder: { path: string; remove: () => Promise<void> };
  let keyFile: string;
  let out: string;

  before(async () => {
    chain = await startTestChain();
    folder = await createTestFolder();
    keyFile = join(folder.path, 'deployer.key');
    out = join(folder.path, '31337.json');
    await writeFile(keyFile, `${KEY}\n`, { mode: 0o600 });
  });
  after(async () => {
    const { hash } = await chain.client.getBlock({ blockNumber: 0n });
    await rm(join(root, 'ignition', 'deployments', `chain-31337-${hash.slice(2, 10)}`), {
      recursive: true,
      force: true,
    });
    await chain.stop();
    await folder.remove();
  });

  const deploy = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/deploy.ts'), ...args], {
      encoding: 'utf8',
      timeout: 120_000,
    });
  const usual = () =>
    deploy('--rpc', chain.url, '--key-file', keyFile, '--finality-depth', '12', '--out', out);

  it('says every option that cannot be used', () => {
    const { status, stderr } = deploy('--rpc', 'ftp://chain', '--key-file', out, '--finality-depth', 'deep');
    assert.equal(status, 2);
    for (const option of ['--rpc', '--key-file', '--finality-depth'])
      assert.match(stderr, new RegExp(`^${option} must`, 'mu'));
    assert.equal(deploy('--rpc', chain.url, '--fast').status, 2);
  });

  it('refuses an account without ether, and records nothing', async () => {
    const { status, stderr } = usual();
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`${privateKeyToAccount(KEY).address} holds no ether on chain 31337`, 'u'),
    );
    await assert.rejects(readFile(out), { code: 'ENOENT' });
  });

  it('puts the contracts where they are on every chain, and records where that is', async () => {
    await chain.cheat.setBalance({ address: privateKeyToAccount(KEY).address, value: 10n ** 18n });
    const { status, stdout, stderr } = usual();
    assert.equal(status, 0, stdout + stderr);
    for (const [address, codeHash] of [
      [evidenceLogAddress, evidenceLogCodeHash],
      [deviceRegistryAddress, deviceRegistryCodeHash],
    ] as const) {
      assert.equal(keccak256((await chain.client.getCode({ address })) ?? '0x'), codeHash);
      assert.match(stdout, new RegExp(address, 'u'));
    }
    const found = await readDeployment(31_337n, new URL(`file://${folder.path}/`));
    assert.equal(found.evidenceLog.address, evidenceLogAddress);
    assert.equal(found.finalityDepth, 12n);
    assert.ok(found.firstBlock > 0n);
  });

  it('changes nothing when it runs again, and does not forget when the contracts came', async () => {
    const before = await readFile(out, 'utf8');
    const block = await chain.client.getBlockNumber();
    assert.equal(usual().status, 0);
    assert.equal(await readFile(out, 'utf8'), before);
    assert.equal(await chain.client.getBlockNumber(), block);
  });

  it('does not write over the record of another chain', async () => {
    const other = join(folder.path, 'other.json');
    await writeFile(other, JSON.stringify({ chainId: '1' }));
    const { status, stderr } = deploy('--rpc', chain.url, '--key-file', keyFile, '--out', other);
    assert.equal(status, 1);
    assert.match(stderr, /is the record of chain 1, and this is chain 31337/u);
  });
});
