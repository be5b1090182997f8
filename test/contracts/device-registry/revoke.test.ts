import { toHex } from '@gridseal/protocol';
import { expect } from 'chai';
import { zeroHash } from 'viem';

import { deviceOf, possession, PROFILE, registryWithDevices } from '../../setup/device-registry.ts';
import { as, ethers, loadFixture, time } from '../../setup/hardhat.ts';

const VERI_KEY = ethers.encodeBytes32String('veriKey');
const LAST_GOOD = `0x${'6d'.repeat(32)}`;

async function devices() {
  const registry = await registryWithDevices();
  const { contract, meter, element, deadline } = registry;
  const identity = ethers.getAddress(toHex(meter.firstIdentity));
  const keyId = toHex(meter.keyId);
  const elementIdentity = ethers.getAddress(toHex(element.firstIdentity));
  const revocation = {
    identity,
    keyId,
    lastGood: LAST_GOOD,
    nonce: await contract.nonce(identity),
    deadline,
  };
  return { ...registry, identity, keyId, elementIdentity, revocation };
}

describe('DeviceRegistry.revoke', () => {
  it('should end the key and name the last good statement', async () => {
    const { contract, identity, keyId } = await loadFixture(devices);
    const { validFrom } = await contract.keyRecord(identity, keyId);
    await expect(contract.revoke(identity, keyId, LAST_GOOD))
      .to.emit(contract, 'KeyRevoked')
      .withArgs(LAST_GOOD, keyId, identity);
    const now = BigInt(await time.latest());
    const record = await contract.keyRecord(identity, keyId);
    expect(record).to.deep.equal([validFrom, now, 1n, 1n, PROFILE, LAST_GOOD]);
    expect(await contract.speaksFor(identity, keyId)).to.equal(false);
  });

  it('given a secp256k1 key → did:ethr should no longer see it', async () => {
    const { contract, identity, keyId } = await loadFixture(devices);
    const enrolledAt = await contract.changed(identity);
    await expect(contract.revoke(identity, keyId, zeroHash))
      .to.emit(contract, 'DIDDelegateChanged')
      .withArgs(identity, VERI_KEY, identity, 0n, enrolledAt);
    expect(await contract.validDelegate(identity, VERI_KEY, identity)).to.equal(false);
  });

  it('given a P-256 key → it should be ended without an event for did:ethr', async () => {
    const { contract, element, elementIdentity } = await loadFixture(devices);
    const before = await contract.changed(elementIdentity);
    const revocation = contract.revoke(elementIdentity, toHex(element.keyId), LAST_GOOD);
    await expect(revocation).to.emit(contract, 'KeyRevoked');
    await expect(revocation).not.to.emit(contract, 'DIDDelegateChanged');
    expect(await contract.changed(elementIdentity)).to.equal(before);
  });

  it('given a key that was revoked → it should keep what was said first', async () => {
    const { contract, identity, keyId, enrol, meter } = await loadFixture(devices);
    await contract.revoke(identity, keyId, LAST_GOOD);
    const record = await contract.keyRecord(identity, keyId);
    await expect(contract.revoke(identity, keyId, zeroHash))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryKeyRevoked')
      .withArgs(identity, keyId);
    await expect(enrol(meter)).to.be.revertedWithCustomError(contract, 'DeviceRegistryKeyExists');
    expect(await contract.keyRecord(identity, keyId)).to.deep.equal(record);
  });

  it('given a key that was never enrolled → it should refuse', async () => {
    const { contract, identity } = await loadFixture(devices);
    await expect(contract.revoke(identity, zeroHash, LAST_GOOD))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryKeyUnknown')
      .withArgs(identity, zeroHash);
  });

  it('given someone else, the key itself included → it should refuse', async () => {
    const { contract, identity, keyId, stranger } = await loadFixture(devices);
    const theirs = as(stranger, contract);
    await expect(theirs.revoke(identity, keyId, LAST_GOOD))
      .to.be.revertedWithCustomError(contract, 'ERC1056UnauthorizedOwner')
      .withArgs(identity, stranger.address);
  });
});

describe('DeviceRegistry.revokeBySig', () => {
  it('should take the owner’s signature from anyone, once', async () => {
    const { contract, identity, keyId, revocation, sign, digestOf, owner, stranger } =
      await loadFixture(devices);
    const theirs = as(stranger, contract);
    const signature = await sign(owner, 'Revocation', revocation);
    expect(await contract.revocationDigest(revocation)).to.equal(digestOf('Revocation', revocation));
    await expect(theirs.revokeBySig(revocation, signature))
      .to.emit(contract, 'KeyRevoked')
      .withArgs(LAST_GOOD, keyId, identity);
    expect(await contract.nonce(identity)).to.equal(1n);
    await expect(theirs.revokeBySig(revocation, signature))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidNonce')
      .withArgs(identity, 1n, 0n);
  });

  it('given any member changed after signing → it should refuse', async () => {
    const { contract, revocation, sign, owner, elementIdentity, element } = await loadFixture(devices);
    const signature = await sign(owner, 'Revocation', revocation);
    const changes = [
      { identity: elementIdentity, keyId: toHex(element.keyId) },
      { keyId: toHex(element.keyId) },
      { lastGood: zeroHash },
      { deadline: revocation.deadline + 1n },
    ];
    for (const change of changes) {
      await expect(
        contract.revokeBySig({ ...revocation, ...change }, signature),
      ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidOwnerSignature');
    }
  });

  it('given a nonce or a time that is not now → it should refuse', async () => {
    const { contract, identity, revocation, sign, owner } = await loadFixture(devices);
    const early = { ...revocation, nonce: 1n };
    await expect(contract.revokeBySig(early, await sign(owner, 'Revocation', early)))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidNonce')
      .withArgs(identity, 0n, 1n);
    await time.increaseTo(revocation.deadline + 1n);
    await expect(contract.revokeBySig(revocation, await sign(owner, 'Revocation', revocation)))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryExpired')
      .withArgs(revocation.deadline);
  });

  it('given an owner before the present one → it should refuse', async () => {
    const { contract, identity, revocation, sign, owner, other } = await loadFixture(devices);
    const signature = await sign(owner, 'Revocation', revocation);
    await contract.changeOwner(identity, other.address);
    await expect(contract.revokeBySig(revocation, signature))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidOwnerSignature')
      .withArgs(other.address);
  });
});

describe('DeviceRegistry.rotate', () => {
  it('should end one key and begin another in one call', async () => {
    const { contract, identity, keyId, revocation, enrolmentOf, digestOf, sign, owner, stranger } =
      await loadFixture(devices);
    const next = deviceOf('p256', 'next');
    const enrolment = enrolmentOf(next, { identity });
    await as(stranger, contract).rotate(
      revocation,
      await sign(owner, 'Revocation', revocation),
      enrolment,
      possession(next, digestOf('Enrolment', enrolment)),
      await sign(owner, 'Enrolment', enrolment),
    );
    expect(await contract.speaksFor(identity, keyId)).to.equal(false);
    expect(await contract.speaksFor(identity, toHex(next.keyId))).to.equal(true);
    expect((await contract.keyRecord(identity, keyId)).lastGood).to.equal(LAST_GOOD);
  });

  it('given an enrolment that fails → it should not revoke', async () => {
    const { contract, identity, keyId, revocation, enrolmentOf, digestOf, sign, owner } =
      await loadFixture(devices);
    const enrolment = enrolmentOf(deviceOf('p256', 'next'), { identity });
    const proof = possession(deviceOf('p256', 'another'), digestOf('Enrolment', enrolment));
    const signatures = [
      await sign(owner, 'Revocation', revocation),
      await sign(owner, 'Enrolment', enrolment),
    ];
    await expect(
      contract.rotate(revocation, signatures[0], enrolment, proof, signatures[1]),
    ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession');
    expect(await contract.speaksFor(identity, keyId)).to.equal(true);
    expect(await contract.nonce(identity)).to.equal(0n);
  });

  it('given two identities → it should refuse', async () => {
    const { contract, identity, elementIdentity, revocation, enrolmentOf, digestOf, sign, owner } =
      await loadFixture(devices);
    const next = deviceOf('p256', 'next');
    const enrolment = enrolmentOf(next, { identity: elementIdentity });
    await expect(
      contract.rotate(
        revocation,
        await sign(owner, 'Revocation', revocation),
        enrolment,
        possession(next, digestOf('Enrolment', enrolment)),
        await sign(owner, 'Enrolment', enrolment),
      ),
    )
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryRotationMismatch')
      .withArgs(identity, elementIdentity);
  });
});

describe('DeviceRegistry.changeOwnerBySig', () => {
  it('should hand the identity over, once', async () => {
    const { contract, identity, deadline, sign, digestOf, owner, other, stranger } =
      await loadFixture(devices);
    const change = { identity, newOwner: other.address, nonce: 0n, deadline };
    const signature = await sign(owner, 'OwnerChange', change);
    expect(await contract.ownerChangeDigest(change)).to.equal(digestOf('OwnerChange', change));
    const before = await contract.changed(identity);
    const theirs = as(stranger, contract);
    await expect(theirs.changeOwnerBySig(change, signature))
      .to.emit(contract, 'DIDOwnerChanged')
      .withArgs(identity, other.address, before);
    expect(await contract.identityOwner(identity)).to.equal(other.address);
    await expect(theirs.changeOwnerBySig(change, signature)).to.be.revertedWithCustomError(
      contract,
      'DeviceRegistryInvalidNonce',
    );
  });

  it('given another signer, time, or no owner at all → it should refuse', async () => {
    const { contract, identity, deadline, sign, owner, other, stranger } = await loadFixture(devices);
    const change = { identity, newOwner: other.address, nonce: 0n, deadline };
    await expect(contract.changeOwnerBySig(change, await sign(stranger, 'OwnerChange', change)))
      .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidOwnerSignature')
      .withArgs(owner.address);
    const nobody = { ...change, newOwner: ethers.ZeroAddress };
    await expect(contract.changeOwnerBySig(nobody, await sign(owner, 'OwnerChange', nobody)))
      .to.be.revertedWithCustomError(contract, 'ERC1056InvalidOwner')
      .withArgs(ethers.ZeroAddress);
    await time.increaseTo(deadline + 1n);
    await expect(
      contract.changeOwnerBySig(change, await sign(owner, 'OwnerChange', change)),
    ).to.be.revertedWithCustomError(contract, 'DeviceRegistryExpired');
  });
});
