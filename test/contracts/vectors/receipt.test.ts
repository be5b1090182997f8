import { expect } from 'chai';
import type { ContractFunctionName } from 'viem';
import type { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';

import type { ContractReceipt } from '../../setup/anchor-promise.ts';
import { contractVectors } from '../../setup/contract-vectors.ts';
import { deploy, deployAt, ethers, loadFixture, time } from '../../setup/hardhat.ts';
import { refusalOf } from '../../setup/refusal.ts';

type Signed = {
  readonly domain: { readonly chainId: string; readonly evidenceLog: string; readonly logId: string };
  readonly receipt: ContractReceipt;
  readonly operator: string;
  readonly signature: string;
};
type Digest = { readonly digest: string };

/** What the contract says where TypeScript says otherwise: it knows of the log only what the receipt says. */
const REFUSALS: Readonly<Record<string, string>> = {
  KeyMismatch: 'AnchorPromiseInvalidSignature',
  UnknownAlgorithm: 'AnchorPromiseInvalidSignature',
  RuleViolated: 'AnchorPromiseInvalidSignature',
  OutOfRange: 'ABI',
  LengthMismatch: 'ABI',
};
const AFTER_ALL_DEADLINES = 2_000_000_000n;

/** A contract judges for the chain that it is on, which is that of all vectors but the one that names another. */
const CHAIN = '31337';
const vectors = contractVectors<Signed, Digest>('receipt.json', 'receipt').filter(
  ({ input }) => input.domain.chainId === CHAIN,
);

async function judge() {
  await time.increaseTo(AFTER_ALL_DEADLINES);
  return deploy<ContractFunctionName<typeof anchorPromiseAbi>>('AnchorPromise');
}

describe('vectors receipt.json in Solidity', () => {
  for (const { name, input, expected, wantErr } of vectors) {
    it(name, async () => {
      const promise = await loadFixture(judge);
      const { domain, receipt, operator, signature } = input;
      const log = await deployAt<'setOperator'>('OperatorOnly', domain.evidenceLog);
      await log.setOperator(receipt.logId, operator);
      const refusal = await refusalOf(promise, () =>
        promise.challenge.staticCall(domain.evidenceLog, receipt, signature),
      );
      expect(refusal).to.equal(wantErr === undefined ? undefined : REFUSALS[wantErr.code]);
      if (expected === undefined) return;
      expect(await promise.receiptDigest(domain.evidenceLog, receipt)).to.equal(expected.digest);
      await promise.challenge(domain.evidenceLog, receipt, signature);
      expect((await promise.challengeOf(expected.digest)).entryHash).to.equal(receipt.entryHash);
    });
  }

  it('meets one that holds and each way to be refused', () => {
    const met = new Set(vectors.map(({ wantErr }) => wantErr?.code));
    expect([...met]).to.have.members([undefined, ...Object.keys(REFUSALS)]);
    expect(ethers.dataLength(vectors[0]!.input.signature)).to.equal(66);
  });
});
