import { expect } from 'chai';

import { deployPromise, WINDOW } from '../../setup/anchor-promise.ts';
import { ethers, loadFixture, time } from '../../setup/hardhat.ts';

describe('AnchorPromise challenge', () => {
  it('given a receipt whose time has passed → it should open, and say what was promised', async () => {
    const { promise, evidenceLog, logId, receiptFor, sign, digestOf, afterDeadline } =
      await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    await afterDeadline(receipt);
    const opened = promise.challenge(evidenceLog, receipt, await sign(receipt));
    const digest = digestOf(receipt);
    await opened;
    const answerBy = BigInt(await time.latest()) + WINDOW;
    await expect(opened)
      .to.emit(promise, 'PromiseChallenged')
      .withArgs(digest, evidenceLog, logId, receipt.digest, receipt.entryHash, receipt.deadline, answerBy);
    const found = await promise.challengeOf(digest);
    expect([found.evidenceLog, found.logId, found.entryHash, found.deadline]).to.deep.equal([
      evidenceLog,
      logId,
      receipt.entryHash,
      receipt.deadline,
    ]);
    expect([found.answerBy, found.answeredAt, found.brokenAt]).to.deep.equal([answerBy, 0n, 0n]);
    expect(await promise.responseWindow()).to.equal(WINDOW);
  });

  it('given a receipt → its digest should be what EIP-712 libraries give', async () => {
    const { promise, evidenceLog, receiptFor, digestOf } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    expect(await promise.receiptDigest(evidenceLog, receipt)).to.equal(digestOf(receipt));
  });

  it('given the deadline itself → it should still wait; a second later → it should open', async () => {
    const { promise, evidenceLog, receiptFor, sign } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    const signature = await sign(receipt);
    await time.setNextBlockTimestamp(receipt.deadline);
    await expect(promise.challenge(evidenceLog, receipt, signature))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseNotDue')
      .withArgs(receipt.deadline);
    await time.setNextBlockTimestamp(receipt.deadline + 1n);
    await promise.challenge(evidenceLog, receipt, signature);
  });

  it('given a deadline at the end of time → it should wait', async () => {
    const { promise, evidenceLog, receiptFor, sign } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n, { deadline: 2n ** 64n - 1n });
    await expect(promise.challenge(evidenceLog, receipt, await sign(receipt))).to.be.revertedWithCustomError(
      promise,
      'AnchorPromiseNotDue',
    );
  });

  it('given the same receipt again → it should be refused, answered or not', async () => {
    const { promise, evidenceLog, anchor, receiptFor, sign, challenge, coverageOf } =
      await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    const state = await anchor(10n);
    const digest = await challenge(receipt);
    const again = async () => promise.challenge(evidenceLog, receipt, await sign(receipt));
    await expect(again())
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseAlreadyChallenged')
      .withArgs(digest);
    await promise.answer(digest, await coverageOf(4n, state));
    await expect(again()).to.be.revertedWithCustomError(promise, 'AnchorPromiseAlreadyChallenged');
  });

  it('given two receipts of one statement → each should be judged by its own deadline', async () => {
    const { promise, anchor, receiptFor, challenge, coverageOf } = await loadFixture(deployPromise);
    const early = await receiptFor(4n);
    const late = { ...early, deadline: early.deadline + 3_600n };
    await time.increaseTo(early.deadline + 60n);
    const state = await anchor(10n);
    const [first, second] = [await challenge(early), await challenge(late)];
    expect(first).not.to.equal(second);
    const coverage = await coverageOf(4n, state);
    await expect(promise.answer(first, coverage))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseAnchoredLate')
      .withArgs(early.deadline, state.time);
    await promise.answer(second, coverage);
    await time.increase(WINDOW + 1n);
    await expect(promise.conclude(first)).to.emit(promise, 'PromiseBroken');
    await expect(promise.conclude(second)).to.be.revertedWithCustomError(promise, 'AnchorPromiseSettled');
  });

  describe('given a signature that is not the operator’s', () => {
    it('should name the operator of the log', async () => {
      const { promise, evidenceLog, operator, owner, submitter, receiptFor, sign, afterDeadline } =
        await loadFixture(deployPromise);
      const receipt = await receiptFor(4n);
      await afterDeadline(receipt);
      for (const other of [owner, submitter]) {
        await expect(promise.challenge(evidenceLog, receipt, await sign(receipt, other)))
          .to.be.revertedWithCustomError(promise, 'AnchorPromiseInvalidSignature')
          .withArgs(operator.address);
      }
    });

    it('should refuse another algorithm, length or half of the curve', async () => {
      const { promise, evidenceLog, receiptFor, sign, afterDeadline } = await loadFixture(deployPromise);
      const receipt = await receiptFor(4n);
      await afterDeadline(receipt);
      const signature = await sign(receipt);
      const bare = ethers.dataSlice(signature, 1);
      const { r, s, v } = ethers.Signature.from(bare);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const upper = ethers.toBeHex(order - BigInt(s), 32);
      for (const wrong of [
        '0x',
        bare,
        ethers.concat(['0x02', bare]),
        ethers.concat([signature, '0x00']),
        ethers.dataSlice(signature, 0, 65),
        ethers.concat(['0x01', r, upper, v === 27 ? '0x1c' : '0x1b']),
      ]) {
        await expect(promise.challenge(evidenceLog, receipt, wrong)).to.be.revertedWithCustomError(
          promise,
          'AnchorPromiseInvalidSignature',
        );
      }
    });

    for (const field of ['digest', 'entryHash', 'receiptTimeMs', 'deadline'] as const) {
      it(`should refuse another ${field}`, async () => {
        const { promise, evidenceLog, receiptFor, sign, afterDeadline } = await loadFixture(deployPromise);
        const receipt = await receiptFor(4n);
        const signature = await sign(receipt);
        await afterDeadline(receipt);
        const value = receipt[field];
        const changed = {
          ...receipt,
          [field]: typeof value === 'bigint' ? value - 1n : `0x${'77'.repeat(32)}`,
        };
        await expect(promise.challenge(evidenceLog, changed, signature)).to.be.revertedWithCustomError(
          promise,
          'AnchorPromiseInvalidSignature',
        );
      });
    }
  });

  describe('given a log that is not there', () => {
    it('should refuse an id that the contract does not know', async () => {
      const { promise, evidenceLog, receiptFor, sign, afterDeadline } = await loadFixture(deployPromise);
      const receipt = await receiptFor(4n, { logId: `0x${'99'.repeat(32)}` });
      await afterDeadline(receipt);
      await expect(promise.challenge(evidenceLog, receipt, await sign(receipt)))
        .to.be.revertedWithCustomError(promise, 'AnchorPromiseLogUnknown')
        .withArgs(evidenceLog, receipt.logId);
    });

    it('should refuse an address without a contract', async () => {
      const { promise, stranger, receiptFor, sign, afterDeadline } = await loadFixture(deployPromise);
      const receipt = await receiptFor(4n);
      await afterDeadline(receipt);
      await expect(
        promise.challenge(stranger.address, receipt, await sign(receipt)),
      ).to.be.revertedWithCustomError(promise, 'AnchorPromiseLogUnknown');
    });
  });
});
