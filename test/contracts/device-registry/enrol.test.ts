import { keyRecordSlots, decodeKeyRecord, fromHex, toHex } from '@gridseal/protocol';
import { expect } from 'chai';
import { zeroAddress, zeroHash } from 'viem';

import {
  deployRegistry,
  deviceOf,
  NEVER,
  possession,
  PROFILE,
  registryWithDevices,
  walletOf,
} from '../../setup/device-registry.ts';
import { deploy, ethers, loadFixture, networkHelpers, time } from '../../setup/hardhat.ts';

const VERI_KEY = ethers.encodeBytes32String('veriKey');
const HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

for (const algorithm of ['secp256k1', 'p256'] as const) {
  const id = algorithm === 'p256' ? 2n : 1n;

  describe(`DeviceRegistry.enrol, ${algorithm}`, () => {
    it('should record the key and give its own identity to the owner', async () => {
      const { contract, enrol, owner } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      const identity = ethers.getAddress(toHex(key.firstIdentity));
      const keyId = toHex(key.keyId);
      expect(await contract.speaksFor(identity, keyId)).to.equal(false);
      const enrolment = enrol(key);
      await expect(enrolment)
        .to.emit(contract, 'KeyEnrolled')
        .withArgs(PROFILE, keyId, identity, owner.address, id, 1n);
      await expect(enrolment).to.emit(contract, 'DIDOwnerChanged').withArgs(identity, owner.address, 0n);
      const now = BigInt(await time.latest());
      expect(await contract.keyRecord(identity, keyId)).to.deep.equal([now, 0n, 1n, id, PROFILE, zeroHash]);
      expect(await contract.speaksFor(identity, keyId)).to.equal(true);
      expect(await contract.identityOwner(identity)).to.equal(owner.address);
      expect(await contract.changed(identity)).to.equal(BigInt(await ethers.provider.getBlockNumber()));
    });

    it('should keep the record where state proofs look for it', async () => {
      const { contract, enrol } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      await enrol(key, { purpose: 4 });
      const address = await contract.getAddress();
      const slots = keyRecordSlots(key.firstIdentity, key.keyId);
      const read = async (slot: Uint8Array) =>
        fromHex(await networkHelpers.getStorageAt(address, toHex(slot)));
      const record = decodeKeyRecord([await read(slots[0]), await read(slots[1]), await read(slots[2])]);
      expect(record).to.deep.equal({
        validFrom: BigInt(await time.latest()),
        revokedAt: 0n,
        purpose: 'member',
        algorithm,
        profile: fromHex(PROFILE),
        lastGood: new Uint8Array(32),
      });
    });

    it('should sign what wallets and libraries sign', async () => {
      const { contract, enrolmentOf, digestOf } = await loadFixture(deployRegistry);
      const enrolment = enrolmentOf(deviceOf(algorithm, 'meter'));
      expect(await contract.enrolmentDigest(enrolment)).to.equal(digestOf('Enrolment', enrolment));
    });

    it('given a record that is there → it should refuse to write it again', async () => {
      const { contract, enrol, meter, element } = await loadFixture(registryWithDevices);
      const key = algorithm === 'p256' ? element : meter;
      await expect(enrol(key))
        .to.be.revertedWithCustomError(contract, 'DeviceRegistryKeyExists')
        .withArgs(ethers.getAddress(toHex(key.firstIdentity)), toHex(key.keyId));
      await expect(enrol(key, { purpose: 2 })).to.be.revertedWithCustomError(
        contract,
        'DeviceRegistryKeyExists',
      );
    });

    it('given a second key of an identity → its owner should be able to enrol it, and nobody else', async () => {
      const { contract, enrol, owner, other, meter } = await loadFixture(registryWithDevices);
      const identity = ethers.getAddress(toHex(meter.firstIdentity));
      const second = deviceOf(algorithm, 'second');
      await expect(enrol(second, { identity, owner: other.address }, other))
        .to.be.revertedWithCustomError(contract, 'DeviceRegistryOwnerMismatch')
        .withArgs(identity, owner.address, other.address);
      await enrol(second, { identity });
      expect(await contract.speaksFor(identity, toHex(second.keyId))).to.equal(true);
      expect(await contract.speaksFor(toHex(second.firstIdentity), toHex(second.keyId))).to.equal(false);
    });

    it("given another key's identity → it should refuse to take it", async () => {
      const { contract, enrol, owner } = await loadFixture(deployRegistry);
      const victim = ethers.getAddress(toHex(deviceOf(algorithm, 'victim').firstIdentity));
      await expect(enrol(deviceOf(algorithm, 'thief'), { identity: victim }))
        .to.be.revertedWithCustomError(contract, 'DeviceRegistryOwnerMismatch')
        .withArgs(victim, victim, owner.address);
    });

    it('given an identity with an owner → a new key of that owner should not take it away', async () => {
      const { contract, enrol, other, meter, element } = await loadFixture(registryWithDevices);
      const key = algorithm === 'p256' ? element : meter;
      await contract.changeOwner(toHex(key.firstIdentity), other.address);
      await expect(
        enrol(deviceOf(algorithm, 'new'), { identity: toHex(key.firstIdentity) }),
      ).to.be.revertedWithCustomError(contract, 'DeviceRegistryOwnerMismatch');
    });

    it('given any member changed after signing → it should refuse the possession', async () => {
      const { contract, enrolmentOf, digestOf, sign, owner, other } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      const signed = enrolmentOf(key);
      const proof = possession(key, digestOf('Enrolment', signed));
      const changes = [
        { identity: other.address },
        { owner: other.address },
        { purpose: 2 },
        { profile: zeroHash },
        { deadline: signed.deadline + 1n },
        { publicKey: enrolmentOf(deviceOf(algorithm, 'another')).publicKey },
      ];
      for (const change of changes) {
        const enrolment = { ...signed, ...change };
        const signature = await sign(owner, 'Enrolment', enrolment);
        await expect(contract.enrol(enrolment, proof, signature)).to.be.revertedWithCustomError(
          contract,
          'DeviceRegistryInvalidPossession',
        );
      }
    });

    it("given another's or no signature of the owner → it should refuse it", async () => {
      const { contract, enrolmentOf, digestOf, sign, owner, stranger } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      const enrolment = enrolmentOf(key);
      const proof = possession(key, digestOf('Enrolment', enrolment));
      const another = await sign(owner, 'Enrolment', { ...enrolment, purpose: 2 });
      for (const signature of [await sign(stranger, 'Enrolment', enrolment), another, '0x', proof]) {
        await expect(contract.enrol(enrolment, proof, signature))
          .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidOwnerSignature')
          .withArgs(owner.address);
      }
    });

    it('given a signature for another contract or chain → it should refuse it', async () => {
      const { contract, domain, enrolmentOf, sign, owner, stranger } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      const enrolment = enrolmentOf(key);
      const { TYPES } = await import('../../setup/device-registry.ts');
      for (const elsewhere of [
        { ...domain, chainId: domain.chainId + 1n },
        { ...domain, verifyingContract: stranger.address },
        { ...domain, version: '2' },
      ]) {
        const digest = ethers.TypedDataEncoder.hash(elsewhere, { Enrolment: TYPES.Enrolment }, enrolment);
        await expect(
          contract.enrol(enrolment, possession(key, digest), await sign(owner, 'Enrolment', enrolment)),
        ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession');
      }
    });

    it('given a deadline → it should be the last second', async () => {
      const { contract, enrol } = await loadFixture(deployRegistry);
      const now = BigInt(await time.latest());
      await time.setNextBlockTimestamp(now + 11n);
      await expect(enrol(deviceOf(algorithm, 'late'), { deadline: now + 10n }))
        .to.be.revertedWithCustomError(contract, 'DeviceRegistryExpired')
        .withArgs(now + 10n);
      await time.setNextBlockTimestamp(now + 20n);
      await enrol(deviceOf(algorithm, 'in time'), { deadline: now + 20n });
    });

    it('given a purpose or a key that is none → it should refuse it by name', async () => {
      const { contract, enrol } = await loadFixture(deployRegistry);
      const key = deviceOf(algorithm, 'meter');
      for (const purpose of [0, 5, 65_535]) {
        await expect(enrol(key, { purpose }))
          .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPurpose')
          .withArgs(BigInt(purpose));
      }
      for (const publicKey of ['0x', `0x${'11'.repeat(19)}`, `0x${'11'.repeat(65)}`]) {
        await expect(enrol(key, { publicKey }))
          .to.be.revertedWithCustomError(contract, 'DeviceRegistryPublicKeyLength')
          .withArgs(id, BigInt(publicKey.length / 2 - 1));
      }
      for (const other of [0n, 3n, 4n, 5n, 255n]) {
        await expect(enrol(key, { algorithm: other }))
          .to.be.revertedWithCustomError(contract, 'DeviceRegistryUnsupportedAlgorithm')
          .withArgs(other);
      }
    });
  });
}

describe('DeviceRegistry.enrol', () => {
  it('given a secp256k1 key → did:ethr should see it as a verification key', async () => {
    const { contract, enrol } = await loadFixture(deployRegistry);
    const key = deviceOf('secp256k1', 'meter');
    const address = ethers.getAddress(toHex(key.firstIdentity));
    await expect(enrol(key))
      .to.emit(contract, 'DIDDelegateChanged')
      .withArgs(address, VERI_KEY, address, NEVER, 0n);
    expect(await contract.validDelegate(address, VERI_KEY, address)).to.equal(true);
  });

  it('given a P-256 key that joins an identity → did:ethr should find no block without an event', async () => {
    const { contract, enrol, meter } = await loadFixture(registryWithDevices);
    const identity = toHex(meter.firstIdentity);
    const before = await contract.changed(identity);
    await enrol(deviceOf('p256', 'second'), { identity });
    expect(await contract.changed(identity)).to.equal(before);
  });

  it('given high-s signatures → it should refuse them', async () => {
    const { contract, enrolmentOf, digestOf, sign, owner } = await loadFixture(deployRegistry);
    const key = deviceOf('p256', 'element');
    const enrolment = enrolmentOf(key);
    const proof = possession(key, digestOf('Enrolment', enrolment));
    const s = BigInt(`0x${proof.slice(66)}`);
    expect(s <= HALF_ORDER).to.equal(true);
    const high = `${proof.slice(0, 66)}${(ORDER - s).toString(16).padStart(64, '0')}`;
    await expect(
      contract.enrol(enrolment, high, await sign(owner, 'Enrolment', enrolment)),
    ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession');
  });

  it('given signatures of another length → it should refuse them', async () => {
    const { contract, enrolmentOf, digestOf, sign, owner } = await loadFixture(deployRegistry);
    for (const algorithm of ['secp256k1', 'p256'] as const) {
      const key = deviceOf(algorithm, 'meter');
      const enrolment = enrolmentOf(key);
      const proof = possession(key, digestOf('Enrolment', enrolment));
      const signature = await sign(owner, 'Enrolment', enrolment);
      for (const wrong of ['0x', proof.slice(0, -2), `${proof}00`]) {
        await expect(contract.enrol(enrolment, wrong, signature))
          .to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession')
          .withArgs(toHex(key.keyId));
      }
    }
  });

  it('given the message signed without the second hash → it should refuse a P-256 possession', async () => {
    const { contract, enrolmentOf, digestOf, sign, owner } = await loadFixture(deployRegistry);
    const { p256 } = await import('@noble/curves/nist.js');
    const key = deviceOf('p256', 'element');
    const enrolment = enrolmentOf(key);
    const privateKey = fromHex(ethers.id('element'));
    const digest = fromHex(digestOf('Enrolment', enrolment));
    const bare = p256.sign(digest, privateKey, { prehash: false, lowS: true, format: 'compact' });
    await expect(
      contract.enrol(enrolment, toHex(bare), await sign(owner, 'Enrolment', enrolment)),
    ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession');
  });

  it('given an owner that is a contract → it should ask it (ERC-1271)', async () => {
    const { contract, enrolmentOf, digestOf } = await loadFixture(deployRegistry);
    const account = await deploy<'approve'>('ContractAccount');
    const key = deviceOf('p256', 'element');
    const enrolment = enrolmentOf(key, { owner: await account.getAddress() });
    const digest = digestOf('Enrolment', enrolment);
    const proof = possession(key, digest);
    await expect(contract.enrol(enrolment, proof, '0x1234')).to.be.revertedWithCustomError(
      contract,
      'DeviceRegistryInvalidOwnerSignature',
    );
    await account.approve(digest);
    await contract.enrol(enrolment, proof, '0x1234');
    expect(await contract.identityOwner(enrolment.identity)).to.equal(await account.getAddress());
  });

  it('given a device that owns itself → it should sign twice and no owner should change', async () => {
    const { contract, enrol } = await loadFixture(deployRegistry);
    const wallet = walletOf('meter');
    const key = deviceOf('secp256k1', 'meter');
    await expect(enrol(key, { owner: wallet.address }, wallet)).not.to.emit(contract, 'DIDOwnerChanged');
    expect(await contract.owners(wallet.address)).to.equal(zeroAddress);
    expect(await contract.identityOwner(wallet.address)).to.equal(wallet.address);
  });

  it('given an account that owns itself → it should enrol keys of devices', async () => {
    const { contract, enrol } = await loadFixture(deployRegistry);
    const wallet = walletOf('member');
    const element = deviceOf('p256', 'element');
    await enrol(element, { identity: wallet.address, owner: wallet.address }, wallet);
    expect(await contract.speaksFor(wallet.address, toHex(element.keyId))).to.equal(true);
  });

  it('given the identity of a P-256 key → nobody should own it without the key', async () => {
    const { contract, enrolmentOf, digestOf, sign, owner } = await loadFixture(deployRegistry);
    const victim = deviceOf('p256', 'victim');
    const enrolment = enrolmentOf(victim);
    const thief = possession(deviceOf('p256', 'thief'), digestOf('Enrolment', enrolment));
    await expect(
      contract.enrol(enrolment, thief, await sign(owner, 'Enrolment', enrolment)),
    ).to.be.revertedWithCustomError(contract, 'DeviceRegistryInvalidPossession');
  });
});
