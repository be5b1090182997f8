import { expect } from 'chai';
import { zeroHash } from 'viem';

import { deployLog, MANIFEST, toNoonOfNextDay } from '../../setup/evidence-log.ts';
import { as, ethers, loadFixture } from '../../setup/hardhat.ts';
import { createTree } from '../../setup/tree.ts';

const MAX_SIZE = 1n << 63n;

describe('EvidenceLog.anchor', () => {
  describe('given a log that was never anchored', () => {
    it('should take any size with an empty proof', async () => {
      const { log, contract, logId, tree } = await loadFixture(deployLog);
      await expect(log.anchor(logId, 5n, tree.root(5n), zeroHash, [], MANIFEST))
        .to.emit(contract, 'Anchored')
        .withArgs(logId, 0n, 5n, tree.root(5n), MANIFEST, 0n);
      const head = await contract.head(logId);
      expect(head.size).to.equal(5n);
      expect(head.epoch).to.equal(0n);
      expect(head.position).to.equal(0n);
      expect(head.blockNumber).to.equal(BigInt(await ethers.provider.getBlockNumber()));
    });

    it('should take the largest size there is', async () => {
      const { log, contract, logId, tree } = await loadFixture(deployLog);
      await log.anchor(logId, MAX_SIZE - 1n, tree.root(5n), zeroHash, [], MANIFEST);
      expect((await contract.head(logId)).size).to.equal(MAX_SIZE - 1n);
    });

    it('should refuse a proof or a previous root', async () => {
      const { log, contract, logId, tree } = await loadFixture(deployLog);
      await expect(log.anchor(logId, 5n, tree.root(5n), zeroHash, [tree.root(1n)], MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogUnexpectedProof')
        .withArgs(1n, zeroHash);
      await expect(log.anchor(logId, 5n, tree.root(5n), tree.root(1n), [], MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogUnexpectedProof')
        .withArgs(0n, tree.root(1n));
    });

    for (const size of [0n, MAX_SIZE, MAX_SIZE * 2n - 1n]) {
      it(`should refuse the size ${size}`, async () => {
        const { log, contract, logId, tree } = await loadFixture(deployLog);
        await expect(log.anchor(logId, size, tree.root(1n), zeroHash, [], MANIFEST))
          .to.be.revertedWithCustomError(contract, 'EvidenceLogSizeOutOfRange')
          .withArgs(size);
      });
    }
  });

  describe('given an anchored log', () => {
    it('should take every larger size that extends it', async () => {
      const { contract, logId, anchor } = await loadFixture(deployLog);
      for (const size of [1n, 2n, 3n, 4n, 7n, 8n, 21n, 64n, 100n, 1_000n]) await anchor(size);
      expect((await contract.head(logId)).size).to.equal(1_000n);
    });

    it('should name the block of the anchor before', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      const { blockNumber } = await anchor(3n);
      await expect(log.anchor(logId, 5n, tree.root(5n), tree.root(3n), tree.consistency(3n, 5n), MANIFEST))
        .to.emit(contract, 'Anchored')
        .withArgs(logId, 0n, 5n, tree.root(5n), MANIFEST, blockNumber);
    });

    it('should do nothing when the same state comes again, whatever comes with it', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      await anchor(5n);
      const before = await contract.head(logId);
      const junk = [tree.root(1n)];
      await expect(log.anchor(logId, 5n, tree.root(5n), tree.root(2n), junk, zeroHash)).not.to.emit(
        contract,
        'Anchored',
      );
      expect(await contract.head(logId)).to.deep.equal(before);
    });

    it('should refuse another root of the same size', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      await anchor(5n);
      const other = createTree('other').root(5n);
      await expect(log.anchor(logId, 5n, other, tree.root(5n), [], MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogRootConflict')
        .withArgs(5n, other);
    });

    it('should refuse a smaller size', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      await anchor(5n);
      await expect(log.anchor(logId, 4n, tree.root(4n), tree.root(5n), [], MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogStaleSize')
        .withArgs(5n, 4n);
    });

    it('should refuse a fork, however it is proven', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      await anchor(6n);
      const fork = createTree('fork', 5n);
      const forked = fork.root(9n);
      await expect(log.anchor(logId, 9n, forked, fork.root(6n), fork.consistency(6n, 9n), MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogRootConflict')
        .withArgs(6n, fork.root(6n));
      await expect(
        log.anchor(logId, 9n, forked, tree.root(6n), fork.consistency(6n, 9n), MANIFEST),
      ).to.be.revertedWithCustomError(contract, 'Rfc6962RootMismatch');
      await expect(log.anchor(logId, 9n, forked, tree.root(6n), tree.consistency(6n, 9n), MANIFEST))
        .to.be.revertedWithCustomError(contract, 'Rfc6962RootMismatch')
        .withArgs(forked, tree.root(9n));
    });

    it('should refuse a path that is cut, lengthened or missing', async () => {
      const { log, contract, logId, tree, anchor } = await loadFixture(deployLog);
      await anchor(6n);
      const proof = tree.consistency(6n, 9n);
      for (const path of [proof.slice(0, -1), proof.slice(1), [...proof, tree.root(1n)], []]) {
        await expect(
          log.anchor(logId, 9n, tree.root(9n), tree.root(6n), path, MANIFEST),
        ).to.be.revertedWithCustomError(contract, 'Rfc6962PathLength');
      }
    });
  });

  describe('given who may submit', () => {
    it('should refuse a stranger and the owner', async () => {
      const { contract, logId, tree, stranger, owner } = await loadFixture(deployLog);
      for (const account of [stranger, owner]) {
        const log = as(account, contract);
        await expect(log.anchor(logId, 1n, tree.root(1n), zeroHash, [], MANIFEST))
          .to.be.revertedWithCustomError(contract, 'EvidenceLogUnauthorizedSubmitter')
          .withArgs(logId, account.address);
      }
    });

    it('should refuse a submitter in a log of someone else', async () => {
      const { contract, log, parameters, stranger, submitter, tree } = await loadFixture(deployLog);
      const theirs = as(stranger, contract);
      const others = { ...parameters, submitters: [] };
      const logId = await theirs.createLog.staticCall(zeroHash, others);
      await theirs.createLog(zeroHash, others);
      await expect(log.anchor(logId, 1n, tree.root(1n), zeroHash, [], MANIFEST))
        .to.be.revertedWithCustomError(contract, 'EvidenceLogUnauthorizedSubmitter')
        .withArgs(logId, submitter.address);
    });

    it('should refuse a log that does not exist', async () => {
      const { contract, log, tree } = await loadFixture(deployLog);
      await expect(
        log.anchor(zeroHash, 1n, tree.root(1n), zeroHash, [], MANIFEST),
      ).to.be.revertedWithCustomError(contract, 'EvidenceLogUnauthorizedSubmitter');
    });
  });

  it('should keep logs apart', async () => {
    const { contract, log, logId, parameters, owner, tree, anchor } = await loadFixture(deployLog);
    const mine = as(owner, contract);
    const second = await mine.createLog.staticCall(zeroHash, parameters);
    await mine.createLog(zeroHash, parameters);
    await anchor(5n);
    await log.anchor(second, 2n, tree.root(2n), zeroHash, [], MANIFEST);
    expect((await contract.head(logId)).size).to.equal(5n);
    expect((await contract.head(second)).size).to.equal(2n);
    const { time, blockNumber } = await contract.head(second);
    const state = { epoch: 0n, size: 2n, root: tree.root(2n), time, blockNumber };
    expect((await contract.locate(second, state)).found).to.equal(true);
    expect((await contract.locate(logId, state)).found).to.equal(false);
  });

  it('should go round the ring and keep the first anchor of each day', async () => {
    const { contract, logId, anchor } = await loadFixture(deployLog);
    const pinned = await anchor(1n);
    const overwritten = await anchor(2n);
    for (let size = 3n; size <= 66n; size += 1n) await anchor(size);
    expect((await contract.head(logId)).position).to.equal(1n);
    expect(await contract.locate(logId, pinned)).to.deep.equal([true, 0n]);
    expect(await contract.locate(logId, overwritten)).to.deep.equal([false, 0n]);
    await toNoonOfNextDay();
    const morning = await anchor(67n);
    const later = await anchor(68n);
    for (let size = 69n; size <= 140n; size += 1n) await anchor(size);
    expect((await contract.locate(logId, pinned)).found).to.equal(true);
    expect((await contract.locate(logId, morning)).found).to.equal(true);
    expect((await contract.locate(logId, later)).found).to.equal(false);
  });
});
