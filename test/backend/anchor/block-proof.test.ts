import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMPTFromProof, verifyMerkleProof } from '@ethereumjs/mpt';
import { bytesToHex, createWalletClient, hexToBytes, http, keccak256, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { fetchBlockProof } from '../../../backend/features/anchor/archive/block-proof.ts';
import { BlockError } from '../../../backend/ethereum/errors.ts';
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
