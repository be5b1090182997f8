import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { http, createPublicClient, createWalletClient, keccak256, parseEther, toHex } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { createDurableFiles } from '../../../backend/adapters/durable-file/durable-files.ts';
import { nodeFileSystem } from '../../../backend/adapters/durable-file/file-system.ts';
import { AnvilError } from '../../../backend/adapters/embedded-chain/anvil.ts';
import { startEmbeddedChain } from '../../../backend/adapters/embedded-chain/embedded-chain.ts';
import { PortBusyError } from '../../../backend/adapters/net/listen.ts';
import { createTestFolder, testLogger } from '../../setup/postgres.ts';

const RUN_CHAIN = fileURLToPath(new URL('fixtures/run-chain.ts', import.meta.url));
const account = mnemonicToAccount('test test test test test test test test test test test junk');

const clientsOf = (url: string) => ({
  reader: createPublicClient({ chain: foundry, transport: http(url) }),
  writer: createWalletClient({ chain: foundry, transport: http(url), account }),
});

const inProcess = async (t: TestContext, files = createDurableFiles()) => {
  const folder = await createTestFolder();
  const chain = await startEmbeddedChain({
    folder: join(folder.path, 'chain'),
    files,
    port: { kind: 'exact', port: 0 },
    logger: testLogger,
  });
  t.after(async () => {
    await chain.stop();
    await folder.remove();
  });
  return { chain, folder: folder.path, ...clientsOf(chain.url) };
};

const startChild = async (folder: string): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, [RUN_CHAIN, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
};

const endChild = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
};

const raw = async (url: string, body: string) => {
  const response = await fetch(url, { method: 'POST', body });
  return (await response.json()) as { result?: unknown; error?: { code: number } };
};

test('after kill -9 blocks, receipts and account proofs are the same, and the chain goes on', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const first = await startChild(folder.path);
  const before = clientsOf(first.url);
  const genesis = await before.reader.getBlock({ blockNumber: 0n });
  const receipts = [];
  for (let i = 0; i < 5; i += 1) {
    const hash = await before.writer.sendTransaction({ to: account.address, value: parseEther('1') });
    receipts.push(await before.reader.getTransactionReceipt({ hash }));
  }
  const proof = await before.reader.getProof({ address: account.address, storageKeys: [], blockNumber: 3n });
  await endChild(first.child, 'SIGKILL');

  const second = await startChild(folder.path);
  t.after(() => endChild(second.child, 'SIGTERM'));
  const after = clientsOf(second.url);
  assert.equal((await after.reader.getBlock({ blockNumber: 0n })).hash, genesis.hash);
  assert.equal(await after.reader.getBlockNumber(), 5n);
  for (const receipt of receipts) {
    assert.deepEqual(await after.reader.getTransactionReceipt({ hash: receipt.transactionHash }), receipt);
    assert.equal((await after.reader.getBlock({ blockNumber: receipt.blockNumber })).hash, receipt.blockHash);
  }
  assert.deepEqual(
    await after.reader.getProof({ address: account.address, storageKeys: [], blockNumber: 3n }),
    proof,
  );
  const hash = await after.writer.sendTransaction({ to: account.address, value: 1n });
  const next = await after.reader.getTransactionReceipt({ hash });
  assert.equal(next.blockNumber, 6n);
  const block = await after.reader.getBlock({ blockNumber: 6n });
  assert.equal(block.parentHash, receipts.at(-1)?.blockHash);
  assert.ok(Math.abs(Number(block.timestamp) - Date.now() / 1_000) < 60);
});

test('a chain whose state has grown to megabytes starts again', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const first = await startChild(folder.path);
  const before = clientsOf(first.url);
  const BLOCKS = 25;
  for (let i = 0; i < BLOCKS; i += 1) {
    // Random, so that no compression makes it small.
    const data = toHex(randomBytes(100_000));
    await before.writer.sendTransaction({ to: account.address, data, gas: 8_000_000n });
  }
  const { hash } = await before.reader.getBlock();
  await endChild(first.child, 'SIGKILL');
  assert.ok((await stat(join(folder.path, 'state'))).size > 2_000_000);

  const second = await startChild(folder.path);
  t.after(() => endChild(second.child, 'SIGTERM'));
  const newest = await clientsOf(second.url).reader.getBlock();
  assert.deepEqual([newest.number, newest.hash], [BigInt(BLOCKS), hash]);
});

test('a state that is damaged is named, and not begun anew', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const state = join(folder.path, 'state');
  const damaged = randomBytes(1_000);
  await writeFile(state, damaged);
  await assert.rejects(
    startEmbeddedChain({
      folder: folder.path,
      files: createDurableFiles(),
      port: { kind: 'exact', port: 0 },
      logger: testLogger,
    }),
    (error) =>
      error instanceof AnvilError && error.code === 'state-unreadable' && error.message.includes(state),
  );
  assert.deepEqual(await readFile(state), damaged);
});

test('the node does not outlive the process that started it', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const { child, url } = await startChild(folder.path);
  const config = await raw(url, '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}');
  assert.equal(config.result, '0x7a69');
  const nodesOf = async () => {
    const list = spawn('ps', ['-eo', 'args'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    list.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(list, 'close');
    const lines = Buffer.concat(chunks).toString().split('\n');
    return lines.filter((line) => line.includes('anvil') && line.includes(marker));
  };
  const marker = await portOfNode(child.pid ?? 0);
  assert.ok((await nodesOf()).length > 0);
  await endChild(child, 'SIGKILL');
  while ((await nodesOf()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
});

/** The `--port N` of the node that a process watches, as it appears in the process list. */
const portOfNode = async (parent: number): Promise<string> => {
  const list = spawn('ps', ['-eo', 'ppid,args'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  list.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(list, 'close');
  const line = Buffer.concat(chunks)
    .toString()
    .split('\n')
    .find((text) => text.trim().startsWith(`${parent} `) && text.includes('anvil'));
  return /--port \d+/.exec(line ?? '')?.[0] ?? 'no node found';
};

test('a block whose durable write fails is never seen', async (t) => {
  let failing = false;
  const files = createDurableFiles({
    ...nodeFileSystem,
    syncFile: async (path) => {
      if (failing) throw new Error('disk full');
      await nodeFileSystem.syncFile(path);
    },
  });
  const { reader, writer } = await inProcess(t, files);
  await writer.sendTransaction({ to: account.address, value: 1n });
  const block = await reader.getBlock();
  failing = true;
  await assert.rejects(writer.sendTransaction({ to: account.address, value: 2n }));
  failing = false;
  assert.equal((await reader.getBlock()).hash, block.hash);
  await writer.sendTransaction({ to: account.address, value: 3n });
  assert.equal(await reader.getBlockNumber(), 2n);
});

test('a reader that comes while a block is being made durable waits for it', async (t) => {
  const order: string[] = [];
  let slow = false;
  let entered: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const files = createDurableFiles({
    ...nodeFileSystem,
    syncFile: async (path) => {
      await nodeFileSystem.syncFile(path);
      if (!slow) return;
      entered();
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push('durable');
    },
  });
  const { reader, writer } = await inProcess(t, files);
  slow = true;
  const sent = writer.sendTransaction({ to: account.address, value: 1n });
  await writing;
  const height = await reader.getBlockNumber({ cacheTime: 0 });
  order.push('read');
  await sent;
  assert.equal(height, 1n);
  assert.deepEqual(order, ['durable', 'read']);
});

const untilItAnswers = async (reader: { getChainId: () => Promise<number> }, wanted: boolean) => {
  const answers = () =>
    reader.getChainId().then(
      () => true,
      () => false,
    );
  while ((await answers()) !== wanted) await delay(20);
};

/** Takes a chain's disk away: what it held is elsewhere, and nothing can be written in its place. */
const takeDiskAway = async (folder: string): Promise<{ putBack: () => Promise<void> }> => {
  const [disk, elsewhere] = [join(folder, 'chain'), join(folder, 'elsewhere')];
  await rename(disk, elsewhere);
  await writeFile(disk, 'a file where the folder was');
  return {
    putBack: async () => {
      await rm(disk);
      await rename(elsewhere, disk);
    },
  };
};

test('a chain whose disk is gone says so to who asks, and goes on when the disk is back', async (t) => {
  const { folder, reader, writer } = await inProcess(t);
  await writer.sendTransaction({ to: account.address, value: 1n });
  const block = await reader.getBlock();
  const disk = await takeDiskAway(folder);
  await assert.rejects(writer.sendTransaction({ to: account.address, value: 2n }));
  await assert.rejects(reader.getBlock(), /the local chain does not start/u);
  await disk.putBack();
  await untilItAnswers(reader, true);
  assert.equal((await reader.getBlock()).hash, block.hash);
  await writer.sendTransaction({ to: account.address, value: 3n });
  assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), 2n);
});

test('a chain whose disk is gone stops when it is told to', async (t) => {
  const { folder, chain, writer } = await inProcess(t);
  await takeDiskAway(folder);
  const refused = assert.rejects(writer.sendTransaction({ to: account.address, value: 1n }));
  while (chain.figures().restarts < 2) await delay(20);
  await chain.stop();
  await refused;
});

test('transactions that arrive out of order are all mined', async (t) => {
  const { reader, writer } = await inProcess(t);
  for (const nonce of [2, 0, 1])
    await writer.sendTransaction({ to: account.address, value: 1n, nonce, gas: 21_000n });
  assert.equal(await reader.getTransactionCount({ address: account.address }), 3);
});

const killNode = async (): Promise<void> => {
  const node = /\d+/.exec(await portOfNode(process.pid));
  const pids = spawn('sh', [
    '-c',
    `ps -eo pid,args | grep -- '--port ${node?.[0]} ' | grep -v grep | awk '{print $1}' | xargs kill -9`,
  ]);
  await once(pids, 'exit');
};

test('a killed node is started again from its last durable block', async (t) => {
  const { chain, reader, writer } = await inProcess(t);
  await writer.sendTransaction({ to: account.address, value: 1n });
  const block = await reader.getBlock();
  await killNode();
  while (chain.figures().restarts === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await reader.getBlock()).hash, block.hash);
  await writer.sendTransaction({ to: account.address, value: 1n });
});

test('a killed node whose state is gone does not begin a chain anew', async (t) => {
  const { folder, reader, writer } = await inProcess(t);
  await writer.sendTransaction({ to: account.address, value: 1n });
  const block = await reader.getBlock();
  const state = join(folder, 'chain', 'state');
  await rename(state, `${state}.gone`);
  await killNode();
  await untilItAnswers(reader, false);
  await assert.rejects(reader.getBlock(), /the local chain does not start/u);
  await rename(`${state}.gone`, state);
  await untilItAnswers(reader, true);
  assert.equal((await reader.getBlock()).hash, block.hash);
});

test('accounts are funded once, and what administration did is durable', async (t) => {
  const { chain, reader } = await inProcess(t);
  const poor = privateKeyToAccount(`0x${'11'.repeat(32)}`).address;
  await chain.fund([poor], parseEther('5'));
  assert.equal(await reader.getBalance({ address: poor }), parseEther('5'));
  const height = await reader.getBlockNumber({ cacheTime: 0 });
  await chain.fund([poor], parseEther('4'));
  assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), height);
});

test('funding leaves the state of the blocks before it provable', async (t) => {
  const { chain, reader, writer } = await inProcess(t);
  await writer.sendTransaction({ to: account.address, value: 1n });
  const number = await reader.getBlockNumber({ cacheTime: 0 });
  const { stateRoot } = await reader.getBlock({ blockNumber: number });
  const poor = privateKeyToAccount(`0x${'13'.repeat(32)}`).address;
  await chain.fund([poor], parseEther('5'));
  const proof = await reader.getProof({ address: account.address, storageKeys: [], blockNumber: number });
  assert.equal(keccak256(proof.accountProof[0]!), stateRoot);
});

test('only reads and signed transactions pass', async (t) => {
  const { chain } = await inProcess(t);
  for (const method of ['anvil_setBalance', 'evm_mine', 'eth_sendTransaction', 'hardhat_reset', 'eth_sign']) {
    const { error } = await raw(chain.url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }));
    assert.equal(error?.code, -32_601, method);
  }
  assert.equal((await raw(chain.url, '{')).error?.code, -32_700);
  assert.equal((await raw(chain.url, '[]')).error?.code, -32_600);
  assert.equal((await raw(chain.url, '{"method":1}')).error?.code, -32_600);
  const bad = await raw(
    chain.url,
    '{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x00"]}',
  );
  assert.ok(bad.error);
  const batch = (await raw(
    chain.url,
    '[{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"net_version"}]',
  )) as unknown as { id: unknown }[];
  assert.deepEqual(
    batch.map(({ id }) => id),
    ['a', 2],
  );
});

test('a busy port is refused when it was asked for, passed over when it was only preferred', async (t) => {
  const { chain } = await inProcess(t);
  const folder = await createTestFolder();
  t.after(folder.remove);
  const options = { folder: folder.path, files: createDurableFiles(), logger: testLogger };
  await assert.rejects(
    startEmbeddedChain({ ...options, port: { kind: 'exact', port: chain.port } }),
    (error) => error instanceof PortBusyError && error.port === chain.port,
  );
  const other = await startEmbeddedChain({ ...options, port: { kind: 'preferred', port: chain.port } });
  t.after(other.stop);
  assert.ok(other.port > chain.port);
});
