import { toHex } from '@gridseal/protocol';
import { expect } from 'chai';
import { EthereumDIDRegistry } from 'ethr-did-registry';
import { zeroAddress, zeroHash } from 'viem';

import { deviceOf, registryWithDevices, walletOf } from '../../setup/device-registry.ts';
import { as, ethers, loadFixture, time, type TestContract } from '../../setup/hardhat.ts';

const VERI_KEY = ethers.encodeBytes32String('veriKey');
const SIG_AUTH = ethers.encodeBytes32String('sigAuth');
const ATTRIBUTE = ethers.encodeBytes32String('did/svc/Meter');
const hashOf = (type: string): string =>
  ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(['bytes32'], [type]));

type ReferenceFunction = 'identityOwner' | 'owners' | 'changed' | 'nonce' | 'delegates' | 'validDelegate';

async function identities() {
  const registry = await registryWithDevices();
  const identity = ethers.getAddress(toHex(registry.meter.firstIdentity));
  // What a did:ethr resolver speaks: the reference registry's interface, nothing of ours.
  const reference = new ethers.Contract(
    await registry.contract.getAddress(),
    EthereumDIDRegistry.abi,
    ethers.provider,
  ) as unknown as TestContract<ReferenceFunction>;
  return { ...registry, identity, reference };
}

/** Events of an identity from the first to the newest, found as resolvers do: from block to block. */
async function historyOf(reference: TestContract<ReferenceFunction>, identity: string) {
  const address = await reference.getAddress();
  const history: { name: string; args: unknown[] }[] = [];
  let block = BigInt(await reference.changed(identity));
  while (block !== 0n) {
    const logs = await ethers.provider.getLogs({
      address,
      topics: [null, ethers.zeroPadValue(identity, 32)],
      fromBlock: block,
      toBlock: block,
    });
    expect(logs.length).to.be.greaterThan(0);
    const events = logs.map((log) => reference.interface.parseLog(log)!);
    history.unshift(...events.map((event) => ({ name: event.name, args: [...event.args] })));
    const [first] = events;
    block = BigInt(first!.args.previousChange);
  }
  return history;
}

describe('DeviceRegistry as an ERC-1056 registry', () => {
  it('should offer every function that resolvers and owners call', async () => {
    const { contract } = await loadFixture(identities);
    const functions = EthereumDIDRegistry.abi.filter((item) => item.type === 'function');
    const left = functions
      .map((item) => ethers.FunctionFragment.from(item as object).format('sighash'))
      .filter((signature) => !contract.interface.hasFunction(signature));
    expect(left.every((signature) => signature.includes('Signed('))).to.equal(true);
    expect(left.length).to.equal(5);
  });

  it('should emit its events by the reference’s topics', async () => {
    const { contract } = await loadFixture(identities);
    for (const item of EthereumDIDRegistry.abi.filter(({ type }) => type === 'event')) {
      const event = ethers.EventFragment.from(item);
      expect(contract.interface.getEvent(event.topicHash)?.format('full')).to.equal(event.format('full'));
    }
  });

  it('should let a resolver walk the whole history back', async () => {
    const { contract, reference, identity, meter, owner, enrol, other } = await loadFixture(identities);
    await contract.setAttribute(identity, ATTRIBUTE, '0x1234', 1_000n);
    await enrol(deviceOf('p256', 'unseen'), { identity });
    await contract.addDelegate(identity, SIG_AUTH, other.address, 1_000n);
    await contract.revoke(identity, toHex(meter.keyId), zeroHash);
    await contract.changeOwner(identity, other.address);
    const history = await historyOf(reference, identity);
    expect(history.map(({ name }) => name)).to.deep.equal([
      'DIDOwnerChanged',
      'DIDDelegateChanged',
      'DIDAttributeChanged',
      'DIDDelegateChanged',
      'DIDDelegateChanged',
      'DIDOwnerChanged',
    ]);
    expect(history[0]!.args.slice(0, 2)).to.deep.equal([identity, owner.address]);
    expect(history[1]!.args.slice(1, 3)).to.deep.equal([VERI_KEY, identity]);
  });

  it('should say who owns an identity', async () => {
    const { reference, identity, owner, stranger } = await loadFixture(identities);
    expect(await reference.identityOwner(identity)).to.equal(owner.address);
    expect(await reference.owners(identity)).to.equal(owner.address);
    expect(await reference.identityOwner(stranger.address)).to.equal(stranger.address);
    expect(await reference.owners(stranger.address)).to.equal(zeroAddress);
    expect(await reference.nonce(identity)).to.equal(0n);
    expect(await reference.changed(stranger.address)).to.equal(0n);
  });

  it('should let delegates in and out', async () => {
    const { contract, reference, identity, other } = await loadFixture(identities);
    const before = await contract.changed(identity);
    const addition = contract.addDelegate(identity, SIG_AUTH, other.address, 100n);
    await addition;
    const validTo = BigInt(await time.latest()) + 100n;
    await expect(addition)
      .to.emit(contract, 'DIDDelegateChanged')
      .withArgs(identity, SIG_AUTH, other.address, validTo, before);
    expect(await reference.validDelegate(identity, SIG_AUTH, other.address)).to.equal(true);
    expect(await reference.delegates(identity, hashOf(SIG_AUTH), other.address)).to.equal(validTo);
    await contract.revokeDelegate(identity, SIG_AUTH, other.address);
    expect(await reference.validDelegate(identity, SIG_AUTH, other.address)).to.equal(false);
    await contract.addDelegate(identity, SIG_AUTH, other.address, 100n);
    await time.increase(101n);
    expect(await reference.validDelegate(identity, SIG_AUTH, other.address)).to.equal(false);
  });

  it('should announce attributes and take them back', async () => {
    const { contract, identity } = await loadFixture(identities);
    const before = await contract.changed(identity);
    await time.setNextBlockTimestamp(BigInt(await time.latest()) + 10n);
    const setting = contract.setAttribute(identity, ATTRIBUTE, '0x1234', 100n);
    await setting;
    const at = BigInt(await ethers.provider.getBlockNumber());
    await expect(setting)
      .to.emit(contract, 'DIDAttributeChanged')
      .withArgs(identity, ATTRIBUTE, '0x1234', BigInt(await time.latest()) + 100n, before);
    await expect(contract.revokeAttribute(identity, ATTRIBUTE, '0x1234'))
      .to.emit(contract, 'DIDAttributeChanged')
      .withArgs(identity, ATTRIBUTE, '0x1234', 0n, at);
  });

  it('given anyone but the owner → every change should be refused', async () => {
    const { contract, identity, stranger } = await loadFixture(identities);
    const theirs = as(stranger, contract);
    const calls = [
      theirs.changeOwner(identity, stranger.address),
      theirs.addDelegate(identity, SIG_AUTH, stranger.address, 1n),
      theirs.revokeDelegate(identity, SIG_AUTH, stranger.address),
      theirs.setAttribute(identity, ATTRIBUTE, '0x', 1n),
      theirs.revokeAttribute(identity, ATTRIBUTE, '0x'),
    ];
    for (const call of calls) {
      await expect(call)
        .to.be.revertedWithCustomError(contract, 'ERC1056UnauthorizedOwner')
        .withArgs(identity, stranger.address);
    }
  });

  it('given the zero address → it should refuse it as an owner', async () => {
    const { contract, identity } = await loadFixture(identities);
    await expect(contract.changeOwner(identity, zeroAddress))
      .to.be.revertedWithCustomError(contract, 'ERC1056InvalidOwner')
      .withArgs(zeroAddress);
  });

  it('given an enrolled key → only its record should make it a verification key', async () => {
    const { contract, identity, meter } = await loadFixture(identities);
    const keyId = toHex(meter.keyId);
    for (const call of [
      contract.addDelegate(identity, VERI_KEY, identity, 1n),
      contract.revokeDelegate(identity, VERI_KEY, identity),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(contract, 'DeviceRegistryDelegateEnrolled')
        .withArgs(identity, keyId);
    }
    await contract.addDelegate(identity, SIG_AUTH, identity, 1_000n);
    expect(await contract.validDelegate(identity, SIG_AUTH, identity)).to.equal(true);
  });

  it('given a delegate that is enrolled later → its revocation should end both', async () => {
    const { contract, identity, enrol } = await loadFixture(identities);
    const wallet = walletOf('second');
    await contract.addDelegate(identity, VERI_KEY, wallet.address, 1_000_000n);
    expect(await contract.validDelegate(identity, VERI_KEY, wallet.address)).to.equal(true);
    const second = deviceOf('secp256k1', 'second');
    await enrol(second, { identity });
    expect(await contract.validDelegate(identity, VERI_KEY, wallet.address)).to.equal(true);
    await contract.revoke(identity, toHex(second.keyId), zeroHash);
    expect(await contract.validDelegate(identity, VERI_KEY, wallet.address)).to.equal(false);
    const revokedAt = BigInt(await time.latest());
    expect(await contract.delegates(identity, hashOf(VERI_KEY), wallet.address)).to.equal(revokedAt);
  });

  it('should describe its EIP-712 domain (ERC-5267)', async () => {
    const { contract, domain } = await loadFixture(identities);
    expect(await contract.eip712Domain()).to.deep.equal([
      '0x0f',
      domain.name,
      domain.version,
      domain.chainId,
      domain.verifyingContract,
      zeroHash,
      [],
    ]);
  });
});
