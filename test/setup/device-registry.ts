import { fromHex, toHex, type Hex } from '@gridseal/protocol';
import { deviceKeyFrom, type DeviceAlgorithm, type DeviceKey } from '@gridseal/sdk/device/device-key';
import type { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import { keccak256, toBytes, type ContractFunctionName } from 'viem';

import { as, deploy, ethers, time } from './hardhat.ts';

export const PROFILE = keccak256(toBytes('profile'));
export const NEVER = 2n ** 64n - 1n;

const ALGORITHM_IDS = { secp256k1: 1, p256: 2 } as const;

export const TYPES = {
  Enrolment: [
    { name: 'identity', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'algorithm', type: 'uint8' },
    { name: 'publicKey', type: 'bytes' },
    { name: 'purpose', type: 'uint16' },
    { name: 'profile', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' },
  ],
  Revocation: [
    { name: 'identity', type: 'address' },
    { name: 'keyId', type: 'bytes32' },
    { name: 'lastGood', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
  OwnerChange: [
    { name: 'identity', type: 'address' },
    { name: 'newOwner', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
};

/** A device's key; the same name is the same key. */
export const deviceOf = (algorithm: DeviceAlgorithm, name: string): DeviceKey =>
  deviceKeyFrom(algorithm, toBytes(keccak256(toBytes(name))));

/** A key that is also an account, as a device with secp256k1 is. */
export const walletOf = (name: string) => new ethers.Wallet(keccak256(toBytes(name)), ethers.provider);

/** The bytes a device gives for a digest, as the registry takes them. */
export const possession = (key: DeviceKey, digest: string): Hex => {
  const signature = key.sign(fromHex(digest));
  return toHex(signature.algorithm === 'p256' ? signature.rs : signature.rsv);
};

/** A registry with owners to be and a stranger, and what it takes to sign for it. */
export async function deployRegistry() {
  const [owner, other, stranger] = await ethers.getSigners();
  const contract = await deploy<ContractFunctionName<typeof deviceRegistryAbi>>('DeviceRegistry');
  const { chainId } = await ethers.provider.getNetwork();
  const domain = {
    name: 'Gridseal DeviceRegistry',
    version: '1',
    chainId,
    verifyingContract: await contract.getAddress(),
  };
  const deadline = BigInt(await time.latest()) + 3_600n;

  const enrolmentOf = (key: DeviceKey, changes: Record<string, unknown> = {}) => ({
    identity: toHex(key.firstIdentity),
    owner: owner!.address,
    algorithm: ALGORITHM_IDS[key.publicKey.algorithm],
    publicKey: toHex(key.publicKey.algorithm === 'p256' ? key.publicKey.publicKey : key.publicKey.address),
    purpose: 1,
    profile: PROFILE as string,
    deadline,
    ...changes,
  });
  type Signer = { signTypedData: (typeof owner & object)['signTypedData'] };
  const sign = (signer: Signer, primaryType: keyof typeof TYPES, message: Record<string, unknown>) =>
    signer.signTypedData(domain, { [primaryType]: TYPES[primaryType] }, message);
  const digestOf = (primaryType: keyof typeof TYPES, message: Record<string, unknown>): string =>
    ethers.TypedDataEncoder.hash(domain, { [primaryType]: TYPES[primaryType] }, message);

  /** Enrols a key with both signatures, sent by a stranger. */
  const enrol = async (key: DeviceKey, changes: Record<string, unknown> = {}, signer: Signer = owner!) => {
    const enrolment = enrolmentOf(key, changes);
    const proof = possession(key, digestOf('Enrolment', enrolment));
    const sender = as(stranger!, contract);
    return sender.enrol(enrolment, proof, await sign(signer, 'Enrolment', enrolment));
  };
  return {
    contract,
    domain,
    deadline,
    owner: owner!,
    other: other!,
    stranger: stranger!,
    enrolmentOf,
    sign,
    digestOf,
    enrol,
  };
}

/** As {@link deployRegistry}, with one device of each algorithm enrolled. */
export async function registryWithDevices() {
  const registry = await deployRegistry();
  const meter = deviceOf('secp256k1', 'meter');
  const element = deviceOf('p256', 'secure element');
  await registry.enrol(meter);
  await registry.enrol(element);
  return { ...registry, meter, element };
}
