import { expect } from 'chai';

import { deployPromise } from '../../setup/anchor-promise.ts';
import { loadFixture, time } from '../../setup/hardhat.ts';

describe('AnchorPromise recorded anchors', () => {
  it('given an anchor of the ring → it should stay known when the ring forgets it', async () => {
    const { promise, contract, evidenceLog, logId, anchor, overwriteRing } = await loadFixture(deployPromise);
    await anchor(3n);
    const state = await anchor(10n);
    expect(await promise.isRecorded(evidenceLog, logId, state)).to.equal(false);
    await expect(promise.recordAnchor(evidenceLog, logId, state))
      .to.emit(promise, 'AnchorRecorded')
      .withArgs(evidenceLog, logId, 10n, 0n, state.root, state.time, state.blockNumber);
    await overwriteRing(10n);
    expect((await contract.locate(logId, state)).found).to.equal(false);
    expect(await promise.isRecorded(evidenceLog, logId, state)).to.equal(true);
    await expect(promise.recordAnchor(evidenceLog, logId, state)).not.to.emit(promise, 'AnchorRecorded');
  });

  it('given an anchor that the log never had, or no longer knows → it should be refused', async () => {
    const { promise, evidenceLog, logId, tree, anchor, overwriteRing } = await loadFixture(deployPromise);
    await anchor(3n);
    const state = await anchor(10n);
    const changes = [
      { epoch: 1n },
      { size: 11n },
      { root: tree.root(9n) },
      { time: state.time - 1n },
      { blockNumber: 1n },
    ];
    for (const change of changes) {
      const wrong = { ...state, ...change };
      await expect(promise.recordAnchor(evidenceLog, logId, wrong))
        .to.be.revertedWithCustomError(promise, 'AnchorPromiseAnchorUnknown')
        .withArgs(logId, wrong.size, wrong.root);
    }
    await overwriteRing(10n);
    await expect(promise.recordAnchor(evidenceLog, logId, state)).to.be.revertedWithCustomError(
      promise,
      'AnchorPromiseAnchorUnknown',
    );
  });

  it('given an anchor of one log → it should not count for another', async () => {
    const { promise, contract, evidenceLog, logId, parameters, anchor } = await loadFixture(deployPromise);
    const state = await anchor(10n);
    await promise.recordAnchor(evidenceLog, logId, state);
    const salt = `0x${'5d'.repeat(32)}`;
    const other = await contract.createLog.staticCall(salt, parameters);
    await contract.createLog(salt, parameters);
    await time.increase(1n);
    expect(await promise.isRecorded(evidenceLog, other, state)).to.equal(false);
    await expect(promise.recordAnchor(evidenceLog, other, state)).to.be.revertedWithCustomError(
      promise,
      'AnchorPromiseAnchorUnknown',
    );
  });
});
