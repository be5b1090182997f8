import { fromHex, receiptDigest, toHex, type Domain, type Hex, type Trust } from '@gridseal/protocol';
import type { ReceiptJson } from '@gridseal/sdk';
import { createDigestSigner } from '../../backend/adapters/crypto/operator-signer.ts';
import { TEST_NOW, testDomain } from './devices.ts';

const signer = createDigestSigner(new Uint8Array(32).fill(0x0b));

/** The operator of the log that tests write to, 20 bytes. */
export const testOperator: Uint8Array = fromHex(signer.address);

/** A receipt as that operator signs it. */
export const receiptOf = (digest: Hex, domain: Domain = testDomain): ReceiptJson => {
  const receipt = {
    logId: domain.logId,
    digest: fromHex(digest),
    entryHash: new Uint8Array(32).fill(0xee),
    receiptTimeMs: BigInt(TEST_NOW),
    deadline: BigInt(TEST_NOW / 1_000 + 3_600),
  };
  return {
    logId: toHex(receipt.logId),
    digest,
    entryHash: toHex(receipt.entryHash),
    receiptTimeMs: String(receipt.receiptTimeMs),
    deadline: String(receipt.deadline),
    signature: toHex(Uint8Array.of(1, ...signer.sign(receiptDigest(receipt, domain)))),
  };
};

/** What a verifier believes of that log. */
export const testTrust = {
  format: 'gridseal-trust/1',
  chainId: '31337',
  genesisHash: null,
  evidenceLog: { address: `0x${'e1'.repeat(20)}`, codeHash: `0x${'00'.repeat(32)}` },
  deviceRegistry: { address: `0x${'d1'.repeat(20)}`, codeHash: `0x${'00'.repeat(32)}` },
  logs: [{ logId: toHex(testDomain.logId), operator: signer.address, noteKeys: [] }],
  witnesses: { from: '0', quorum: '0', keys: [] },
  finality: { depth: '64' },
  headers: [],
} as const satisfies Trust;
