import { expect } from 'chai';
import { encodeAbiParameters, keccak256, zeroAddress, zeroHash, type Address, type Hex } from 'viem';

import { deployLog, EPOCH_DELAY, NOTE_KEY } from '../../setup/evidence-log.ts';
import { as, ethers, loadFixture } from '../../setup/hardhat.ts';

const keyOf = (byte: number): string => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;

const NO_STATE = { epoch: 0n, size: 1n, root: zeroHash, time: 1n, blockNumber: 1n };

describe('EvidenceLog.createLog', () => {
  it('should derive the identifier from chain, contract, creator and salt', async () => {
    const { contract, logId, owner, salt } = await loadFixture(deployLog);
    const { chainId } = await ethers.provider.getNetwork();
    const contractAddress = (await contract.getAddress()) as Address;
    const expected = keccak256(
      encodeAbiParameters(
        [{ type: 'uint256' }, { type: 'address' }, { type: 'address' }, { type: 'bytes32' }],
        [chainId, contractAddress, owner.address as Address, salt as Hex],
      ),
    );
    expect(logId).to.equal(expected);
  });

  it('should pin what never changes and announce everything', async () => {
    const { contract, parameters, stranger } = await loadFixture(deployLog);
    const theirs = as(stranger, contract);
    const logId = await theirs.createLog.staticCall(zeroHash, parameters);
    const creation = theirs.createLog(zeroHash, parameters);
    await expect(creation)
      .to.emit(contract, 'LogCreated')
      .withArgs(logId, stranger.address, parameters.registry, parameters.operator, 2n, EPOCH_DELAY);
    await expect(creation).to.emit(contract, 'NoteKeySet').withArgs(logId, 0n, NOTE_KEY);
    for (const account of parameters.submitters) {
      await expect(creation).to.emit(contract, 'SubmitterAdded').withArgs(logId, account);
      expect(await contract.isSubmitter(logId, account)).to.equal(true);
    }
    for (const account of parameters.guardians) {
      await expect(creation).to.emit(contract, 'GuardianAdded').withArgs(logId, account);
      expect(await contract.isGuardian(logId, account)).to.equal(true);
    }
    expect(await contract.owner(logId)).to.equal(stranger.address);
    expect(await contract.registry(logId)).to.equal(parameters.registry);
    expect(await contract.operator(logId)).to.equal(parameters.operator);
    expect(await contract.epochRules(logId)).to.deep.equal([2n, EPOCH_DELAY]);
  });

  it('given a log that exists → it should refuse to create it again', async () => {
    const { contract, logId, salt, parameters } = await loadFixture(deployLog);
    await expect(contract.createLog(salt, parameters))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogExists')
      .withArgs(logId);
  });

  it('given parameters that cannot work → it should refuse them by name', async () => {
    const { contract, parameters } = await loadFixture(deployLog);
    const [guardian] = parameters.guardians;
    const refused = [
      [{ registry: zeroAddress }, 'EvidenceLogInvalidAccount', [zeroAddress]],
      [{ operator: zeroAddress }, 'EvidenceLogInvalidAccount', [zeroAddress]],
      [{ submitters: [zeroAddress] }, 'EvidenceLogInvalidAccount', [zeroAddress]],
      [{ guardians: [guardian, zeroAddress] }, 'EvidenceLogInvalidAccount', [zeroAddress]],
      [{ guardians: [guardian, guardian] }, 'EvidenceLogDuplicateGuardian', [guardian]],
      [{ quorum: 4 }, 'EvidenceLogInvalidQuorum', [4n, 3n]],
      [{ quorum: 0 }, 'EvidenceLogInvalidQuorum', [0n, 3n]],
      [{ guardians: [] }, 'EvidenceLogInvalidQuorum', [2n, 0n]],
    ] as const;
    for (const [change, error, values] of refused) {
      await expect(contract.createLog(zeroHash, { ...parameters, ...change }))
        .to.be.revertedWithCustomError(contract, error)
        .withArgs(...values);
    }
  });

  it('given a log that does not exist → its accounts should be zero, and its note key unknown', async () => {
    const { contract } = await loadFixture(deployLog);
    for (const read of ['owner', 'pendingOwner', 'registry', 'operator'] as const) {
      expect(await contract[read](zeroHash)).to.equal(zeroAddress);
    }
    await expect(contract.noteKeyAt(zeroHash, 0n))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogUnknown')
      .withArgs(zeroHash);
  });
});

describe('EvidenceLog owner', () => {
  it('given a stranger or a submitter → every act of the owner should be refused', async () => {
    const { contract, logId, stranger, submitter } = await loadFixture(deployLog);
    for (const account of [stranger, submitter]) {
      const log = as(account, contract);
      const acts = [
        log.setNoteKey(logId, 1n, keyOf(1)),
        log.addSubmitter(logId, account.address),
        log.removeSubmitter(logId, submitter.address),
        log.transferOwnership(logId, account.address),
        log.acceptOwnership(logId),
        log.proposeEpoch(logId, NO_STATE, 0n, 1n, zeroHash, []),
        log.cancelEpoch(logId),
        log.startEpoch(logId, zeroHash),
      ];
      for (const act of acts) {
        await expect(act)
          .to.be.revertedWithCustomError(contract, 'EvidenceLogUnauthorizedOwner')
          .withArgs(logId, account.address);
      }
    }
  });

  it('should let a submitter in and out', async () => {
    const { contract, log, logId, stranger, submitter, tree, anchor } = await loadFixture(deployLog);
    await anchor(2n);
    await expect(contract.addSubmitter(logId, stranger.address))
      .to.emit(contract, 'SubmitterAdded')
      .withArgs(logId, stranger.address);
    expect(await contract.isSubmitter(logId, stranger.address)).to.equal(true);
    await expect(contract.removeSubmitter(logId, submitter.address))
      .to.emit(contract, 'SubmitterRemoved')
      .withArgs(logId, submitter.address);
    const args = [logId, 3n, tree.root(3n), tree.root(2n), tree.consistency(2n, 3n), zeroHash] as const;
    await expect(log.anchor(...args)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogUnauthorizedSubmitter',
    );
    await as(stranger, contract).anchor(...args);
    await expect(contract.addSubmitter(logId, zeroAddress)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogInvalidAccount',
    );
  });

  it('should hand the log over in two steps', async () => {
    const { contract, logId, owner, stranger } = await loadFixture(deployLog);
    await expect(contract.transferOwnership(logId, stranger.address))
      .to.emit(contract, 'OwnershipTransferStarted')
      .withArgs(logId, owner.address, stranger.address);
    expect(await contract.owner(logId)).to.equal(owner.address);
    expect(await contract.pendingOwner(logId)).to.equal(stranger.address);
    const theirs = as(stranger, contract);
    await expect(theirs.acceptOwnership(logId))
      .to.emit(contract, 'OwnershipTransferred')
      .withArgs(logId, owner.address, stranger.address);
    expect(await contract.owner(logId)).to.equal(stranger.address);
    expect(await contract.pendingOwner(logId)).to.equal(zeroAddress);
    await expect(contract.addSubmitter(logId, owner.address)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogUnauthorizedOwner',
    );
    await expect(theirs.acceptOwnership(logId)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogUnauthorizedOwner',
    );
  });

  it('should take an offer of the log back', async () => {
    const { contract, logId, stranger } = await loadFixture(deployLog);
    await contract.transferOwnership(logId, stranger.address);
    await contract.transferOwnership(logId, zeroAddress);
    await expect(as(stranger, contract).acceptOwnership(logId)).to.be.revertedWithCustomError(
      contract,
      'EvidenceLogUnauthorizedOwner',
    );
  });
});

describe('EvidenceLog note keys', () => {
  it('should give each size its key', async () => {
    const { contract, logId, anchor } = await loadFixture(deployLog);
    await anchor(10n);
    await expect(contract.setNoteKey(logId, 11n, keyOf(1)))
      .to.emit(contract, 'NoteKeySet')
      .withArgs(logId, 11n, keyOf(1));
    await contract.setNoteKey(logId, 20n, keyOf(2));
    const keys = await Promise.all(
      [0n, 10n, 11n, 19n, 20n, 10_000n].map((size) => contract.noteKeyAt(logId, size)),
    );
    expect(keys).to.deep.equal([NOTE_KEY, NOTE_KEY, keyOf(1), keyOf(1), keyOf(2), keyOf(2)]);
  });

  it('given sizes that are anchored → it should refuse to change their key', async () => {
    const { contract, logId, anchor } = await loadFixture(deployLog);
    await expect(contract.setNoteKey(logId, 0n, keyOf(1)))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogNoteKeyInPast')
      .withArgs(0n, 0n);
    await anchor(10n);
    await expect(contract.setNoteKey(logId, 10n, keyOf(1)))
      .to.be.revertedWithCustomError(contract, 'EvidenceLogNoteKeyInPast')
      .withArgs(10n, 10n);
  });

  it('given a key that was set too far ahead → a new one should replace it', async () => {
    const { contract, logId } = await loadFixture(deployLog);
    await contract.setNoteKey(logId, 50n, keyOf(1));
    await contract.setNoteKey(logId, 1_000_000n, keyOf(2));
    await contract.setNoteKey(logId, 40n, keyOf(3));
    const keys = await Promise.all(
      [39n, 40n, 50n, 1_000_000n].map((size) => contract.noteKeyAt(logId, size)),
    );
    expect(keys).to.deep.equal([NOTE_KEY, keyOf(3), keyOf(3), keyOf(3)]);
  });
});
