import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMPTFromProof, verifyMerkleProof } from '@ethereumjs/mpt';
import {
  bytesToHex,
  createWalletClient,
  hexToBytes,
  http,
  keccak256,
  MethodNotFoundRpcError,
  type Hex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { fetchBlockProof } from '../../../backend/features/anchor/archive/block-proof.ts';
import { provenNonce } from '../../../backend/ethereum/account.ts';
import { mayHold } from '../../../backend/ethereum/bloom.ts';
import { BlockError } from '../../../backend/ethereum/errors.ts';
import { fetchBlock, fetchBlockAt, fetchReceipts } from '../../../backend/ethereum/fetch.ts';
import { encodeHeader, trieKey, type RpcHeader } from '../../../backend/ethereum/header.ts';
import { proveReceipt, type RpcReceipt } from '../../../backend/ethereum/receipts.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';

/** Enough that keys of the receipts trie are one byte, two bytes and the empty string. */
const TRANSACTIONS = 130;
const account = privateKeyToAccount(`0x${'21'.repeat(32)}`);

let chain: TestChain;
let hash: Hex;
let block: RpcHeader & { readonly receiptsRoot: Hex };
let receipts: RpcReceipt[];

before(async () => {
  chain = await startTestChain();
  await chain.cheat.setAutomine(false);
  await chain.cheat.setBalance({ address: account.address, value: 10n ** 20n });
  const wallet = createWalletClient({ account, transport: http(chain.url) });
  const types = ['legacy', 'eip2930', 'eip1559'] as const;
  for (let nonce = 0; nonce < TRANSACTIONS; nonce += 1) {
    const type = types[nonce % 3]!;
    const fees =
      type === 'eip1559' ? { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n } : { gasPrice: 10n ** 10n };
    const common = { to: account.address, gas: 30_000n, nonce, chain: null, value: 1n };
    await wallet.sendTransaction({ ...common, type, ...fees } as Parameters<
      typeof wallet.sendTransaction
    >[0]);
  }
  await chain.cheat.mine({ blocks: 1 });
  hash = (await chain.client.getBlock()).hash;
  block = (await chain.client.request({
    method: 'eth_getBlockByHash',
    params: [hash, false],
  })) as unknown as typeof block;
  receipts = await chain.client.request({
    method: 'eth_getBlockReceipts' as never,
    params: [hash] as never,
  });
});
after(() => chain.stop());

test('every receipt of a block of mixed transaction types proves under the header', async () => {
  assert.equal(receipts.length, TRANSACTIONS);
  for (const index of [0, 1, 2, 127, 128, TRANSACTIONS - 1]) {
    const { header, receipt } = await fetchBlockProof(chain.client, hash, index);
    assert.equal(keccak256(header), hash);
    const value = await verifyMerkleProof(
      hexToBytes(trieKey(index)),
      receipt.proof.map((node) => hexToBytes(node)),
    );
    assert.equal(bytesToHex(value!), receipt.bytes);
    const trie = await createMPTFromProof(receipt.proof.map((node) => hexToBytes(node)));
    assert.equal(bytesToHex(trie.root()), block.receiptsRoot);
  }
});

test('a header that a node misreports is refused', () => {
  const lied = { ...block, gasUsed: '0x1' };
  assert.throws(
    () => encodeHeader(lied),
    (error) =>
      error instanceof BlockError && error.code === 'HeaderNotReproducible' && error.expected === hash,
  );
});

test('a receipt that a node misreports is refused', async () => {
  const lied = receipts.map((receipt, index) =>
    index === 3 ? { ...receipt, status: '0x0' as const } : receipt,
  );
  await assert.rejects(
    proveReceipt(lied, block.receiptsRoot, 0),
    (error) => error instanceof BlockError && error.code === 'ReceiptsNotReproducible',
  );
});

test('a block that is not there any more is named', async () => {
  await assert.rejects(
    fetchBlockProof(chain.client, `0x${'ff'.repeat(32)}`, 0),
    (error) => error instanceof BlockError && error.code === 'BlockReplaced',
  );
});

test('a node without the method for all receipts of a block is asked for each', async () => {
  const asked: string[] = [];
  const older = {
    ...chain.client,
    request: (call: { method: string }) => {
      asked.push(call.method);
      return call.method === 'eth_getBlockReceipts'
        ? Promise.reject(new MethodNotFoundRpcError(new Error('unknown'), { method: call.method }))
        : chain.client.request(call as never);
    },
  } as unknown as TestChain['client'];
  const found = await fetchReceipts(older, await fetchBlock(older, hash));
  assert.deepEqual(
    found.map(({ transactionHash }) => transactionHash),
    receipts.map(({ transactionHash }) => transactionHash),
  );
  assert.equal(asked.filter((method) => method === 'eth_getTransactionReceipt').length, TRANSACTIONS);
});

test('a block of another hash or number than was asked for is refused', async () => {
  const other = {
    ...chain.client,
    request: () => chain.client.request({ method: 'eth_getBlockByNumber', params: ['0x0', false] } as never),
  } as unknown as TestChain['client'];
  const isRefused = (error: unknown) => error instanceof BlockError && error.code === 'HeaderNotReproducible';
  await assert.rejects(fetchBlock(other, hash), isRefused);
  await assert.rejects(fetchBlockAt(other, 1n), isRefused);
});

test("an account's nonce is proven in the newest block's state, and one that is not there is none", async () => {
  const address = account.address.toLowerCase() as Hex;
  assert.equal(await provenNonce(chain.client, address), BigInt(TRANSACTIONS));
  assert.equal(await provenNonce(chain.client, `0x${'99'.repeat(20)}`), 0n);
});

test('a bloom filter has room for what the logs of its block hold, and for little else', () => {
  // Three bits of each item, as the yellow paper takes them from its hash.
  const items: readonly Hex[] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(32)}`];
  const bits = new Uint8Array(256);
  for (const item of items) {
    const digest = hexToBytes(keccak256(item));
    for (const at of [0, 2, 4]) {
      const bit = (256 * digest[at]! + digest[at + 1]!) % 2048;
      bits[255 - Math.floor(bit / 8)]! |= 2 ** (bit % 8);
    }
  }
  const bloom = bytesToHex(bits);
  assert.ok(mayHold(bloom, items));
  const strangers = Array.from({ length: 200 }, (_, i) => keccak256(bytesToHex(Uint8Array.of(i))));
  assert.ok(strangers.every((stranger) => !mayHold(bloom, [items[0]!, stranger])));
  assert.equal(mayHold(`0x${'00'.repeat(256)}`, items), false);
});
