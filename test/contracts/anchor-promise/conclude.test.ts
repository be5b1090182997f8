import { expect } from 'chai';

import { challengedPromise, deployPromise, WINDOW } from '../../setup/anchor-promise.ts';
import { ethers, loadFixture, time } from '../../setup/hardhat.ts';

describe('AnchorPromise conclude', () => {
  it('given no answer in the window → it should record the broken promise for good', async () => {
    const { promise, evidenceLog, logId, receipt, state, digest, answerBy, coverageOf } =
      await loadFixture(challengedPromise);
    await time.setNextBlockTimestamp(answerBy + 1n);
    await expect(promise.conclude(digest))
      .to.emit(promise, 'PromiseBroken')
      .withArgs(digest, evidenceLog, logId, receipt.deadline);
    expect((await promise.challengeOf(digest)).brokenAt).to.equal(answerBy + 1n);
    for (const after of [promise.conclude(digest), promise.answer(digest, await coverageOf(4n, state))]) {
      await expect(after)
        .to.be.revertedWithCustomError(promise, 'AnchorPromiseSettled')
        .withArgs(digest, 0n, answerBy + 1n);
    }
  });

  it('given a window that is open to its last second → it should wait', async () => {
    const { promise, digest, answerBy } = await loadFixture(challengedPromise);
    await time.setNextBlockTimestamp(answerBy);
    await expect(promise.conclude(digest))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseWindowOpen')
      .withArgs(answerBy);
  });

  it('given an answer → it should be refused, however late', async () => {
    const { promise, state, digest, coverageOf } = await loadFixture(challengedPromise);
    await promise.answer(digest, await coverageOf(4n, state));
    const { answeredAt } = await promise.challengeOf(digest);
    await time.increase(10n * WINDOW);
    await expect(promise.conclude(digest))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseSettled')
      .withArgs(digest, answeredAt, 0n);
  });

  it('given a log without any anchor → it should find the promise broken', async () => {
    const { promise, tree, receiptFor, challenge } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    const digest = await challenge(receipt);
    const state = { epoch: 0n, size: 10n, root: tree.root(10n), time: receipt.deadline, blockNumber: 1n };
    const coverage = {
      state,
      position: 0n,
      size: 10n,
      root: state.root,
      consistency: [],
      index: 4n,
      path: tree.inclusion(4n, 10n),
    };
    await expect(promise.answer(digest, coverage)).to.revert(ethers);
    // The empty state: its record is not the zero that the ring holds.
    const empty = { epoch: 0n, size: 0n, root: ethers.ZeroHash, time: 0n, blockNumber: 0n };
    await expect(promise.answer(digest, { ...coverage, state: empty })).to.revert(ethers);
    await time.increase(WINDOW + 1n);
    await expect(promise.conclude(digest)).to.emit(promise, 'PromiseBroken');
  });

  it('given a receipt that nobody challenged → it should have nothing to say', async () => {
    const { promise, receiptFor, digestOf } = await loadFixture(deployPromise);
    const digest = digestOf(await receiptFor(4n));
    await expect(promise.conclude(digest))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseNotChallenged')
      .withArgs(digest);
    expect((await promise.challengeOf(digest)).answerBy).to.equal(0n);
  });
});
