import { hashTypedData, hexToBytes } from 'viem';
import { toHex, type Hex, type Signature } from '@gridseal/protocol';
import type { DeviceKey } from './device-key.ts';

/** What device and owner sign: see IDeviceRegistry.sol. `deadline` in Unix seconds. */
export type Enrolment = {
  readonly identity: Hex;
  readonly owner: Hex;
  readonly algorithm: 1 | 2;
  readonly publicKey: Hex;
  readonly purpose: 1 | 2 | 3 | 4;
  readonly profile: Hex;
  readonly deadline: bigint;
};

/** An enrolment with both signatures, ready to be sent by anyone. */
export type SignedEnrolment = Enrolment & {
  readonly proofOfPossession: Hex;
  readonly ownerSignature: Hex;
};

/** Where registry signatures are valid. */
export type RegistryDomain = { readonly chainId: bigint; readonly deviceRegistry: Hex };

const TYPES = {
  Enrolment: [
    { name: 'identity', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'algorithm', type: 'uint8' },
    { name: 'publicKey', type: 'bytes' },
    { name: 'purpose', type: 'uint16' },
    { name: 'profile', type: 'bytes32' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** EIP-712 domain of the registry. */
export const registryDomain = ({ chainId, deviceRegistry }: RegistryDomain) =>
  ({ name: 'Gridseal DeviceRegistry', version: '1', chainId, verifyingContract: deviceRegistry }) as const;

const rawSignature = (signature: Signature): Hex =>
  toHex(signature.algorithm === 'p256' ? signature.rs : signature.rsv);

/** Signs a digest as the contracts read it: r ‖ s ‖ v, or r ‖ s for P-256. */
export const signRegistryDigest = (key: DeviceKey, digest: Hex): Hex =>
  rawSignature(key.sign(hexToBytes(digest)));

/**
 * An enrolment of a device's key under an owner (secp256k1), signed by both.
 *
 * @param identity the key's first identity, or one that the owner owns
 * @example signEnrolment({ key, owner, identity, profile, deadline, domain })
 */
export const signEnrolment = (options: {
  readonly key: DeviceKey;
  readonly owner: DeviceKey;
  readonly identity: Uint8Array;
  readonly profile: Hex;
  readonly deadline: bigint;
  readonly domain: RegistryDomain;
}): SignedEnrolment => {
  const { key, owner, profile, deadline } = options;
  const { publicKey } = key;
  const message: Enrolment = {
    identity: toHex(options.identity),
    owner: toHex(owner.firstIdentity),
    algorithm: publicKey.algorithm === 'p256' ? 2 : 1,
    publicKey: toHex(publicKey.algorithm === 'p256' ? publicKey.publicKey : publicKey.address),
    purpose: 1,
    profile,
    deadline,
  };
  const digest = hashTypedData({
    domain: registryDomain(options.domain),
    types: TYPES,
    primaryType: 'Enrolment',
    message,
  });
  return {
    ...message,
    proofOfPossession: signRegistryDigest(key, digest),
    ownerSignature: signRegistryDigest(owner, digest),
  };
};
