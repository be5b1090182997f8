import { expect } from 'chai';
import { sha256, zeroHash } from 'viem';

import { deployLog, EPOCH_DELAY, MANIFEST } from '../../setup/evidence-log.ts';
import { as, ethers, loadFixture, time } from '../../setup/hardhat.ts';
import { createTree } from '../../setup/tree.ts';

const EMPTY_ROOT = sha256('0x');
const NO_STATE = { epoch: 0n, size: 1n, root: zeroHash, time: 1n, blockNumber: 1n };

/** Ten honest entries are anchored; behind them a thief of the submitter's key has put a leaf that nobody else knows. */
async function poisoned() {
  const log = await deployLog();
  const junk = createTree('junk', 10n);
  const honest = createTree('honest', 10n);
  const first = await log.anchor(10n, honest);
  await log.anchor(11n, junk);
  const last = await log.stateOf(11n, junk.root(11n));
  const { contract, logId } = log;
  const root = honest.root(10n);
  const { position } = await contract.locate(logId, first);
  const propose = () => contract.proposeEpoch(logId, first, position, 10n, root, []);
  const guardian = (number: number) => as(log.guardians[number]!, contract);
  const approve = (number: number) => guardian(number).approveEpoch(logId, 10n, root);
  return { ...log, junk, honest, root, first, last, propose, guardian, approve };
}

/** The honest ten entries go on in epoch 1. */
async function restarted() {
  const log = await poisoned();
  await log.propose();
  await log.approve(0);
  await log.approve(2);
  await time.increase(EPOCH_DELAY);
  await log.contract.startEpoch(log.logId, MANIFEST);
  return log;
}

/** A log that was never anchored, with an honest tree and another. */
async function deployLogAndTrees() {
  const log = await deployLog();
  return { ...log, junk: createTree('junk'), honest: log.tree };
}

describe('EvidenceLog epochs', () => {
  describe('given a junk leaf at the head', () => {
    it('should start a new epoch at the honest prefix after quorum and delay', async () => {
      const { contract, logId, root, propose, approve, guardians, last } = await loadFixture(poisoned);
      await expect(propose()).to.emit(contract, 'EpochProposed').withArgs(logId, 1n, 10n, root);
      await expect(approve(0))
        .to.emit(contract, 'EpochApproved')
        .withArgs(logId, 1n, guardians[0].address, 1n, 0n);
      const approval = await approve(1);
      const readyAt = BigInt(await time.latest()) + EPOCH_DELAY;
      await expect(approval)
        .to.emit(contract, 'EpochApproved')
        .withArgs(logId, 1n, guardians[1].address, 2n, readyAt);
      await time.increaseTo(readyAt);
      const start = contract.startEpoch(logId, MANIFEST);
      await expect(start).to.emit(contract, 'EpochStarted').withArgs(logId, 1n, 10n, root);
      await expect(start)
        .to.emit(contract, 'Anchored')
        .withArgs(logId, 1n, 10n, root, MANIFEST, last.blockNumber);
      const head = await contract.head(logId);
      expect([head.epoch, head.size]).to.deep.equal([1n, 10n]);
      expect(head.blockNumber).to.equal(BigInt(await ethers.provider.getBlockNumber()));
      expect(await contract.prefixOf(logId, 0n)).to.equal(10n);
      expect((await contract.epochProposal(logId)).size).to.equal(0n);
    });

    it('should go on from the prefix, and only from there', async () => {
      const { contract, log, logId, honest, junk, anchor } = await loadFixture(restarted);
      const proof = junk.consistency(11n, 12n);
      await expect(
        log.anchor(logId, 12n, junk.root(12n), junk.root(11n), proof, MANIFEST),
      ).to.be.revertedWithCustomError(contract, 'EvidenceLogRootConflict');
      await anchor(14n, honest);
      const head = await contract.head(logId);
      expect([head.epoch, head.size]).to.deep.equal([1n, 14n]);
    });

    it('should abandon the junk leaf and keep what came before it', async () => {
      const { contract, logId, junk, honest, first, last } = await loadFixture(restarted);
      const { position } = await contract.locate(logId, last);
      await expect(
        contract.requireInclusion(logId, last, position, junk.leaf(10n), 10n, junk.inclusion(10n, 11n)),
      )
        .to.be.revertedWithCustomError(contract, 'EvidenceLogLeafAbandoned')
        .withArgs(logId, 0n, 10n);
      await contract.requireInclusion(logId, last, position, honest.leaf(9n), 9n, junk.inclusion(9n, 11n));
      await contract.requireInclusion(logId, first, 0n, honest.leaf(9n), 9n, honest.inclusion(9n, 10n));
    });

    it('should judge a leaf by every epoch since its own', async () => {
      const { contract, logId, honest, anchor, guardian, guardians, stateOf } = await loadFixture(restarted);
      await anchor(20n, honest);
      const later = await stateOf(20n, honest.root(20n));
      const { position } = await contract.head(logId);
      const shorter = honest.root(15n);
      await contract.proposeEpoch(logId, later, position, 15n, shorter, honest.consistency(15n, 20n));
      for (const [number] of guardians.slice(0, 2).entries()) {
        await guardian(number).approveEpoch(logId, 15n, shorter);
      }
      await time.increase(EPOCH_DELAY);
      await contract.startEpoch(logId, MANIFEST);
      const prove = (index: bigint) =>
        contract.requireInclusion(
          logId,
          later,
          position,
          honest.leaf(index),
          index,
          honest.inclusion(index, 20n),
        );
      await prove(14n);
      await expect(prove(15n))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogLeafAbandoned')
        .withArgs(logId, 1n, 15n);
      expect((await contract.head(logId)).epoch).to.equal(2n);
    });
  });

  describe('given a proposal', () => {
    it('should not start without quorum or before the delay', async () => {
      const { contract, logId, propose, approve } = await loadFixture(poisoned);
      await propose();
      await approve(0);
      await time.increase(10n * EPOCH_DELAY);
      await expect(contract.startEpoch(logId, MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogEpochNotReady')
        .withArgs(0n, 1n, 2n);
      await approve(1);
      const readyAt = BigInt(await time.latest()) + EPOCH_DELAY;
      await time.setNextBlockTimestamp(readyAt - 1n);
      await expect(contract.startEpoch(logId, MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogEpochNotReady')
        .withArgs(readyAt, 2n, 2n);
      await time.setNextBlockTimestamp(readyAt);
      await contract.startEpoch(logId, MANIFEST);
    });

    it('should not move its start when more guardians approve', async () => {
      const { contract, logId, propose, approve } = await loadFixture(poisoned);
      await propose();
      await approve(0);
      await approve(1);
      const { readyAt } = await contract.epochProposal(logId);
      await time.increase(100n);
      await approve(2);
      const proposal = await contract.epochProposal(logId);
      expect([proposal.readyAt, proposal.approvals]).to.deep.equal([readyAt, 3n]);
    });

    it('should count each guardian once', async () => {
      const { contract, logId, propose, approve, guardians } = await loadFixture(poisoned);
      await propose();
      await approve(0);
      await expect(approve(0))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogAlreadyApproved')
        .withArgs(logId, guardians[0].address);
    });

    it('should refuse the approval of anything else', async () => {
      const { contract, logId, propose, guardian, root, junk } = await loadFixture(poisoned);
      await expect(guardian(0).approveEpoch(logId, 0n, zeroHash)).to.be.revertedWithCustomError(
        contract,
        'EvidenceLogNoProposal',
      );
      await propose();
      for (const [size, other] of [
        [9n, root],
        [10n, junk.root(11n)],
      ] as const) {
        await expect(guardian(0).approveEpoch(logId, size, other))
          .to.be.revertedWithCustomError(contract, 'EvidenceLogNoProposal')
          .withArgs(logId);
      }
    });

    it('should refuse the approval of the owner and of strangers', async () => {
      const { contract, logId, propose, root, owner } = await loadFixture(poisoned);
      await propose();
      await expect(contract.approveEpoch(logId, 10n, root))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogUnauthorizedGuardian')
        .withArgs(logId, owner.address);
    });

    it('should lose its approvals when it is proposed again', async () => {
      const { contract, logId, propose, approve } = await loadFixture(poisoned);
      await propose();
      await approve(0);
      await approve(1);
      await propose();
      const proposal = await contract.epochProposal(logId);
      expect([proposal.approvals, proposal.readyAt]).to.deep.equal([0n, 0n]);
      await time.increase(EPOCH_DELAY);
      await expect(contract.startEpoch(logId, MANIFEST)).to.be.revertedWithCustomError(
        contract,
        'EvidenceLogEpochNotReady',
      );
      await approve(0);
    });

    it('should hold while the thief goes on anchoring', async () => {
      const { contract, logId, propose, approve, anchor, junk, root } = await loadFixture(poisoned);
      await propose();
      await approve(0);
      await approve(1);
      await anchor(500n, junk);
      await time.increase(EPOCH_DELAY);
      await contract.startEpoch(logId, MANIFEST);
      const head = await contract.head(logId);
      expect([head.epoch, head.size]).to.deep.equal([1n, 10n]);
      expect((await contract.locate(logId, { ...(await stateNow()), root })).found).to.equal(true);
      async function stateNow() {
        const { epoch, size, time: at, blockNumber } = await contract.head(logId);
        return { epoch, size, time: at, blockNumber };
      }
    });

    it('should be taken back by the owner', async () => {
      const { contract, logId, propose, approve } = await loadFixture(poisoned);
      await expect(contract.cancelEpoch(logId))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogNoProposal')
        .withArgs(logId);
      await propose();
      await approve(0);
      await approve(1);
      await expect(contract.cancelEpoch(logId)).to.emit(contract, 'EpochCancelled').withArgs(logId, 1n);
      await time.increase(EPOCH_DELAY);
      await expect(contract.startEpoch(logId, MANIFEST)).to.be.revertedWithCustomError(
        contract,
        'EvidenceLogNoProposal',
      );
    });
  });

  describe('given a state that was anchored', () => {
    it('should take a prefix of the head, proven by consistency', async () => {
      const { contract, logId, junk, root, last } = await loadFixture(poisoned);
      const { position } = await contract.locate(logId, last);
      await contract.proposeEpoch(logId, last, position, 10n, root, junk.consistency(10n, 11n));
      expect((await contract.epochProposal(logId)).size).to.equal(10n);
    });

    it('should take the head itself, with an empty proof', async () => {
      const { contract, logId, junk, last } = await loadFixture(poisoned);
      const { position } = await contract.locate(logId, last);
      await contract.proposeEpoch(logId, last, position, 11n, junk.root(11n), []);
      expect((await contract.epochProposal(logId)).size).to.equal(11n);
    });

    it('should need no proof from the thief: a size that nobody can fill, of a root that nobody can explain [E1]', async () => {
      const { contract, log, logId, honest, root, first, anchor, guardian } = await loadFixture(poisoned);
      await anchor(2n ** 62n, createTree('junk', 10n, 11n));
      const { position } = await contract.locate(logId, first);
      await contract.proposeEpoch(logId, first, position, 10n, root, []);
      for (const number of [0, 1]) await guardian(number).approveEpoch(logId, 10n, root);
      await time.increase(EPOCH_DELAY);
      await contract.startEpoch(logId, MANIFEST);
      await log.anchor(logId, 12n, honest.root(12n), root, honest.consistency(10n, 12n), MANIFEST);
      const head = await contract.head(logId);
      expect([head.epoch, head.size]).to.deep.equal([1n, 12n]);
    });

    it('should still find the first anchor of the day when the thief has filled the ring [E1]', async () => {
      const { contract, logId, junk, root, first, anchor, propose } = await loadFixture(poisoned);
      for (let size = 12n; size < 12n + 70n; size += 1n) await anchor(size, junk);
      expect((await contract.locate(logId, first)).found).to.equal(true);
      await propose();
      expect((await contract.epochProposal(logId)).root).to.equal(root);
    });

    it('should go back to the empty log when the first anchor of all was the thief’s [E1]', async () => {
      const { contract, log, logId, junk, honest, anchor, guardians, stateOf } =
        await loadFixture(deployLogAndTrees);
      await anchor(7n, junk);
      const theirs = await stateOf(7n, junk.root(7n));
      await expect(contract.proposeEpoch(logId, theirs, 0n, 0n, zeroHash, []))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogRootConflict')
        .withArgs(0n, zeroHash);
      await expect(contract.proposeEpoch(logId, theirs, 0n, 0n, EMPTY_ROOT, [zeroHash]))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogUnexpectedProof')
        .withArgs(1n, EMPTY_ROOT);
      await contract.proposeEpoch(logId, theirs, 0n, 0n, EMPTY_ROOT, []);
      for (const one of guardians.slice(0, 2)) await as(one, contract).approveEpoch(logId, 0n, EMPTY_ROOT);
      await time.increase(EPOCH_DELAY);
      await contract.startEpoch(logId, MANIFEST);
      await expect(
        contract.requireInclusion(logId, theirs, 0n, junk.leaf(1n), 1n, junk.inclusion(1n, 7n)),
      ).to.be.revertedWithCustomError(contract, 'EvidenceLogLeafAbandoned');
      await log.anchor(logId, 3n, honest.root(3n), zeroHash, [], MANIFEST);
      const state = await stateOf(3n, honest.root(3n));
      expect(state.epoch).to.equal(1n);
      const { position } = await contract.locate(logId, state);
      await contract.requireInclusion(logId, state, position, honest.leaf(2n), 2n, honest.inclusion(2n, 3n));
    });
  });

  describe('given what is no prefix', () => {
    it('should refuse another root, a larger size and a state that was never anchored', async () => {
      const { contract, logId, honest, junk, first, last, root } = await loadFixture(poisoned);
      const { position } = await contract.locate(logId, last);
      const proof = junk.consistency(10n, 11n);
      await expect(
        contract.proposeEpoch(logId, last, position, 10n, honest.root(9n), proof),
      ).to.be.revertedWithCustomError(contract, 'Rfc6962RootMismatch');
      await expect(
        contract.proposeEpoch(logId, last, position, 12n, honest.root(12n), []),
      ).to.be.revertedWithCustomError(contract, 'Rfc6962SizesNotAscending');
      await expect(
        contract.proposeEpoch(logId, { ...last, root: honest.root(11n) }, position, 10n, root, proof),
      )
        .to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown')
        .withArgs(logId, 11n, honest.root(11n));
      await expect(
        contract.proposeEpoch(
          logId,
          { ...first, size: 9n, root: honest.root(9n) },
          0n,
          9n,
          honest.root(9n),
          [],
        ),
      ).to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown');
    });

    it('should refuse a state of an epoch that is over', async () => {
      const { contract, logId, last, junk } = await loadFixture(restarted);
      const { position } = await contract.locate(logId, last);
      await expect(contract.proposeEpoch(logId, last, position, 11n, junk.root(11n), []))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogEpochOver')
        .withArgs(logId, 0n, 1n);
    });
  });

  it('given a log without guardians → it should have one epoch only', async () => {
    const { contract, parameters } = await loadFixture(poisoned);
    const alone = { ...parameters, guardians: [], quorum: 0 };
    const logId = await contract.createLog.staticCall(zeroHash, alone);
    await contract.createLog(zeroHash, alone);
    await expect(contract.proposeEpoch(logId, NO_STATE, 0n, 1n, zeroHash, []))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogNoGuardians')
      .withArgs(logId);
  });

  it('given a new epoch → note keys of the abandoned sizes should be replaceable', async () => {
    const { contract, logId } = await loadFixture(restarted);
    const key = `0x${'77'.repeat(32)}`;
    await contract.setNoteKey(logId, 11n, key);
    expect(await contract.noteKeyAt(logId, 11n)).to.equal(key);
  });
});
