import { expect } from 'chai';

import { challengedPromise, deployPromise, WINDOW } from '../../setup/anchor-promise.ts';
import { EPOCH_DELAY, MANIFEST, type State } from '../../setup/evidence-log.ts';
import { as, loadFixture, time } from '../../setup/hardhat.ts';
import { createTree } from '../../setup/tree.ts';

type Log = Awaited<ReturnType<typeof deployPromise>>;

/** Goes on from a prefix in a new epoch, as owner and guardians may. @returns its first anchor */
const restart = async ({ contract, logId, tree, guardians, stateOf }: Log, to: bigint): Promise<State> => {
  const { size, position } = (await contract.head(logId)) as {
    readonly size: bigint;
    readonly position: bigint;
  };
  const head = await stateOf(size, tree.root(size));
  await contract.proposeEpoch(logId, head, position, to, tree.root(to), tree.consistency(to, size));
  for (const guardian of guardians.slice(0, 2)) {
    await as(guardian, contract).approveEpoch(logId, to, tree.root(to));
  }
  await time.increase(EPOCH_DELAY);
  await contract.startEpoch(logId, MANIFEST);
  return stateOf(to, tree.root(to));
};

describe('AnchorPromise answer', () => {
  it('given an anchor of the ring in time → it should close the challenge', async () => {
    const { promise, evidenceLog, logId, state, digest, coverageOf } = await loadFixture(challengedPromise);
    await expect(promise.answer(digest, await coverageOf(4n, state)))
      .to.emit(promise, 'PromiseKept')
      .withArgs(digest, evidenceLog, logId, 4n, state.time);
    const { answeredAt, brokenAt } = await promise.challengeOf(digest);
    expect([answeredAt, brokenAt]).to.deep.equal([BigInt(await time.latest()), 0n]);
    await expect(promise.answer(digest, await coverageOf(4n, state)))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseSettled')
      .withArgs(digest, answeredAt, 0n);
  });

  it('given an older state of the log → it should reach the anchor by a consistency proof', async () => {
    const { promise, tree, state, digest, coverageOf } = await loadFixture(challengedPromise);
    const coverage = await coverageOf(4n, state);
    const older = {
      ...coverage,
      size: 7n,
      root: tree.root(7n),
      consistency: tree.consistency(7n, 10n),
      path: tree.inclusion(4n, 7n),
    };
    await promise.answer(digest, older);
    expect((await promise.challengeOf(digest)).answeredAt).not.to.equal(0n);
  });

  it('given the second after the window → it should not be heard', async () => {
    const { promise, state, digest, answerBy, coverageOf } = await loadFixture(challengedPromise);
    const coverage = await coverageOf(4n, state);
    await time.setNextBlockTimestamp(answerBy + 1n);
    await expect(promise.answer(digest, coverage))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseWindowOver')
      .withArgs(answerBy);
  });

  it('given the last second of the window → the answer should count', async () => {
    const { promise, state, digest, answerBy, coverageOf } = await loadFixture(challengedPromise);
    await time.setNextBlockTimestamp(answerBy);
    await promise.answer(digest, await coverageOf(4n, state));
    expect((await promise.challengeOf(digest)).answeredAt).to.equal(answerBy);
  });

  it('given an anchor at the deadline → it should be in time; a second later → it should be late', async () => {
    const { promise, anchor, receiptFor, challenge, coverageOf } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    const earlier = { ...receipt, deadline: receipt.deadline - 1n };
    await time.setNextBlockTimestamp(receipt.deadline);
    const coverage = await coverageOf(4n, await anchor(10n));
    await promise.answer(await challenge(receipt), coverage);
    await expect(promise.answer(await challenge(earlier), coverage))
      .to.be.revertedWithCustomError(promise, 'AnchorPromiseAnchoredLate')
      .withArgs(earlier.deadline, receipt.deadline);
  });

  it('given a time that is not the anchor’s → it should be refused', async () => {
    const { promise, contract, anchor, receiptFor, challenge, coverageOf, afterDeadline } =
      await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    await anchor(3n);
    await afterDeadline(receipt);
    const coverage = await coverageOf(4n, await anchor(10n));
    const digest = await challenge(receipt);
    const backdated = { ...coverage, state: { ...coverage.state, time: receipt.deadline } };
    await expect(promise.answer(digest, backdated)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogAnchorUnknown',
    );
  });

  it('given an anchor in time that does not reach the entry → it should be refused', async () => {
    const { promise, contract, anchor, receiptFor, challenge, coverageOf } = await loadFixture(deployPromise);
    const receipt = await receiptFor(4n);
    const state = await anchor(3n);
    const digest = await challenge(receipt);
    const coverage = await coverageOf(2n, state);
    await expect(promise.answer(digest, { ...coverage, index: 4n })).to.be.revertedWithCustomError(
      contract,
      'Rfc6962IndexOutOfRange',
    );
    await expect(promise.answer(digest, coverage)).to.be.revertedWithCustomError(
      contract,
      'Rfc6962RootMismatch',
    );
  });

  it('given a state that the anchor does not extend → it should be refused', async () => {
    const { promise, contract, state, digest, tree, coverageOf } = await loadFixture(challengedPromise);
    const fork = createTree('fork', 5n);
    const coverage = {
      ...(await coverageOf(4n, state)),
      size: 7n,
      root: fork.root(7n),
      consistency: tree.consistency(7n, 10n),
      path: fork.inclusion(4n, 7n),
    };
    await expect(promise.answer(digest, coverage)).to.be.revertedWithCustomError(
      contract,
      'Rfc6962RootMismatch',
    );
  });

  describe('given a ring that was overwritten during the window', () => {
    it('should hear the first anchor of the day, in the ring or not', async () => {
      const { promise, state, digest, coverageOf, overwriteRing } = await loadFixture(challengedPromise);
      const coverage = await coverageOf(4n, state);
      await overwriteRing(10n);
      await promise.answer(digest, { ...coverage, position: 2n ** 32n - 1n });
    });

    it('should hear a recorded anchor, and none that was forgotten', async () => {
      const fixture = await loadFixture(deployPromise);
      const { promise, contract, evidenceLog, logId, anchor, receiptFor, challenge, overwriteRing } = fixture;
      await anchor(3n);
      const [recorded, forgotten] = [await receiptFor(4n), await receiptFor(11n)];
      const state = await anchor(10n);
      await promise.recordAnchor(evidenceLog, logId, state);
      const lost = await anchor(12n);
      const coverage = await fixture.coverageOf(4n, state);
      const lostCoverage = await fixture.coverageOf(11n, lost);
      const digests = [await challenge(recorded), await challenge(forgotten)] as const;
      await overwriteRing(12n);
      await promise.answer(digests[0], coverage);
      await expect(promise.answer(digests[1], lostCoverage))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown')
        .withArgs(logId, lost.size, lost.root);
    });

    it('should hear any later anchor that is in time, such as the next day’s first', async () => {
      const fixture = await loadFixture(deployPromise);
      const { promise, anchor, receiptFor, challenge, coverageOf, overwriteRing } = fixture;
      await anchor(3n);
      const now = BigInt(await time.latest());
      const receipt = await receiptFor(4n, { deadline: now + 90_000n });
      await anchor(10n);
      await time.increase(80_000n);
      const coverage = await coverageOf(4n, await anchor(12n));
      await overwriteRing(12n);
      await promise.answer(await challenge(receipt), coverage);
    });
  });

  describe('given an anchor that is recorded', () => {
    /** Leaf 4 is in an anchor that only AnchorPromise still knows. */
    async function recordedOnly() {
      const fixture = await deployPromise();
      await fixture.anchor(3n);
      const receipt = await fixture.receiptFor(4n);
      const state = await fixture.anchor(10n);
      await fixture.promise.recordAnchor(fixture.evidenceLog, fixture.logId, state);
      const coverage = await fixture.coverageOf(4n, state);
      await fixture.overwriteRing(10n);
      return { ...fixture, state, coverage, digest: await fixture.challenge(receipt) };
    }

    it('should hold the proofs to the same rules', async () => {
      const { promise, contract, tree, coverage, digest } = await loadFixture(recordedOnly);
      for (const [changes, error] of [
        [{ index: 5n }, 'Rfc6962RootMismatch'],
        [{ index: 10n }, 'Rfc6962IndexOutOfRange'],
        [{ path: [] }, 'Rfc6962PathLength'],
        [{ size: 7n, root: tree.root(7n) }, 'Rfc6962PathLength'],
        [{ size: 11n, root: tree.root(11n) }, 'Rfc6962SizesNotAscending'],
        [{ root: tree.root(9n) }, 'Rfc6962RootMismatch'],
        [{ state: { ...coverage.state, blockNumber: 1n } }, 'EvidenceLogAnchorUnknown'],
      ] as const) {
        await expect(promise.answer(digest, { ...coverage, ...changes })).to.be.revertedWithCustomError(
          contract,
          error,
        );
      }
      const older = { size: 7n, root: tree.root(7n), consistency: tree.consistency(7n, 10n) };
      await promise.answer(digest, { ...coverage, ...older, path: tree.inclusion(4n, 7n) });
    });

    it('should ask whether a later epoch abandoned the entry', async () => {
      const fixture = await loadFixture(recordedOnly);
      const { promise, logId, coverage, digest } = fixture;
      await restart(fixture, 3n);
      await expect(promise.answer(digest, coverage))
        .to.be.revertedWithCustomError(promise, 'AnchorPromiseLeafAbandoned')
        .withArgs(logId, 0n, 4n);
    });

    it('should go through every epoch since', async () => {
      const fixture = await loadFixture(recordedOnly);
      const { promise, coverage, digest } = fixture;
      await restart(fixture, 9n);
      await restart(fixture, 5n);
      await promise.answer(digest, coverage);
    });
  });

  describe('given a new epoch', () => {
    it('should hear an anchor of before for an entry that was kept', async () => {
      const fixture = await loadFixture(challengedPromise);
      await restart(fixture, 5n);
      await fixture.promise.answer(fixture.digest, await fixture.coverageOf(4n, fixture.state));
    });

    it('should refuse an entry that was abandoned: nothing covers it any more', async () => {
      const fixture = await loadFixture(challengedPromise);
      const { promise, contract, logId, digest, state, coverageOf } = fixture;
      await restart(fixture, 4n);
      await expect(promise.answer(digest, await coverageOf(4n, state)))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogLeafAbandoned')
        .withArgs(logId, 0n, 4n);
      await time.increase(WINDOW + 1n);
      await expect(promise.conclude(digest)).to.emit(promise, 'PromiseBroken');
    });
  });
});
