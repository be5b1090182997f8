import { expect } from 'chai';

import { deployLog, type State } from '../../setup/evidence-log.ts';
import { loadFixture } from '../../setup/hardhat.ts';
import { createTree } from '../../setup/tree.ts';

/** Sizes anchored one after the other; the ring still holds the last 64. */
async function anchoredLog() {
  const log = await deployLog();
  const pinned = await log.anchor(3n);
  const lost = await log.anchor(4n);
  const states: State[] = [];
  for (let size = 10n; size < 74n; size += 1n) states.push(await log.anchor(size));
  const newest = states.at(-1)!;
  const { position } = await log.contract.head(log.logId);
  return { ...log, pinned, lost, newest, position };
}

describe('EvidenceLog inclusion', () => {
  it('given an anchor of the ring → it should accept every leaf of it', async () => {
    const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
    for (let index = 0n; index < newest.size; index += 9n) {
      const path = tree.inclusion(index, newest.size);
      await contract.requireInclusion(logId, newest, position, tree.leaf(index), index, path);
    }
  });

  it('given an anchor in the middle of the ring → it should be found where locate says', async () => {
    const { contract, logId, tree, anchor } = await loadFixture(deployLog);
    await anchor(2n);
    const state = await anchor(5n);
    await anchor(9n);
    const { found, position } = await contract.locate(logId, state);
    expect([found, position]).to.deep.equal([true, 1n]);
    await contract.requireInclusion(logId, state, position, tree.leaf(4n), 4n, tree.inclusion(4n, 5n));
    await expect(contract.requireInclusion(logId, state, 3n, tree.leaf(4n), 4n, tree.inclusion(4n, 5n)))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown')
      .withArgs(logId, state.size, state.root);
    await expect(
      contract.requireInclusion(logId, state, 64n, tree.leaf(4n), 4n, tree.inclusion(4n, 5n)),
    ).to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown');
  });

  it('given the first anchor of a day → it should hold at any position, for good', async () => {
    const { contract, logId, tree, pinned } = await loadFixture(anchoredLog);
    for (const position of [0n, 5n, 63n, 64n, 2n ** 32n - 1n]) {
      await contract.requireInclusion(
        logId,
        pinned,
        position,
        tree.leaf(2n),
        2n,
        tree.inclusion(2n, pinned.size),
      );
    }
  });

  it('given an anchor that left the ring → it should be refused, and proven through a later one', async () => {
    const { contract, logId, tree, lost, newest, position } = await loadFixture(anchoredLog);
    await expect(
      contract.requireInclusion(logId, lost, position, tree.leaf(1n), 1n, tree.inclusion(1n, 4n)),
    ).to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown');
    await contract.requireInclusionInPrefix(
      logId,
      newest,
      position,
      lost.size,
      lost.root,
      tree.consistency(lost.size, newest.size),
      tree.leaf(1n),
      1n,
      tree.inclusion(1n, lost.size),
    );
  });

  it('given an older state that the anchor does not extend → it should be refused', async () => {
    const { contract, logId, newest, position } = await loadFixture(anchoredLog);
    const fork = createTree('fork', 3n);
    await expect(
      contract.requireInclusionInPrefix(
        logId,
        newest,
        position,
        6n,
        fork.root(6n),
        fork.consistency(6n, newest.size),
        fork.leaf(5n),
        5n,
        fork.inclusion(5n, 6n),
      ),
    ).to.be.revertedWithCustomError(contract, 'Rfc6962RootMismatch');
  });

  describe('given one field of the anchor changed', () => {
    for (const field of ['epoch', 'size', 'time', 'blockNumber'] as const) {
      it(`should refuse another ${field}`, async () => {
        const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
        const state = { ...newest, [field]: newest[field] + 1n };
        await expect(
          contract.requireInclusion(
            logId,
            state,
            position,
            tree.leaf(0n),
            0n,
            tree.inclusion(0n, newest.size),
          ),
        )
          .to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown')
          .withArgs(logId, state.size, state.root);
      });
    }

    it('should refuse another root', async () => {
      const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
      const state = { ...newest, root: tree.root(5n) };
      await expect(
        contract.requireInclusion(logId, state, position, tree.leaf(0n), 0n, tree.inclusion(0n, 73n)),
      ).to.be.revertedWithCustomError(contract, 'EvidenceLogAnchorUnknown');
    });
  });

  describe('given a proof that does not hold', () => {
    it('should name both roots', async () => {
      const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
      const path = tree.inclusion(7n, newest.size);
      await expect(contract.requireInclusion(logId, newest, position, tree.leaf(8n), 7n, path))
        .to.be.revertedWithCustomError(contract, 'Rfc6962RootMismatch')
        .withArgs(newest.root, (actual: string) => actual !== newest.root);
    });

    it('should refuse an index beyond the size', async () => {
      const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
      const path = tree.inclusion(7n, newest.size);
      await expect(contract.requireInclusion(logId, newest, position, tree.leaf(7n), newest.size, path))
        .to.be.revertedWithCustomError(contract, 'Rfc6962IndexOutOfRange')
        .withArgs(newest.size, newest.size);
    });

    it('should refuse a path of another length', async () => {
      const { contract, logId, tree, newest, position } = await loadFixture(anchoredLog);
      const path = tree.inclusion(7n, newest.size);
      for (const wrong of [path.slice(1), path.slice(0, -1), [...path, path[0]!]]) {
        await expect(contract.requireInclusion(logId, newest, position, tree.leaf(7n), 7n, wrong))
          .to.be.revertedWithCustomError(contract, 'Rfc6962PathLength')
          .withArgs(BigInt(wrong.length));
      }
    });
  });
});
