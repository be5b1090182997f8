import { hashTypedData } from 'viem';
import type { Hex } from '@gridseal/protocol';
import type { DeviceKey } from './device-key.ts';
import { registryDomain, signRegistryDigest, type RegistryDomain } from './enrolment.ts';

/** What an owner signs to revoke a key: see IDeviceRegistry.sol. `deadline` in Unix seconds. */
export type Revocation = {
  readonly identity: Hex;
  readonly keyId: Hex;
  /** Digest of the last good statement: it and its ancestors stay valid. Zero = none. */
  readonly lastGood: Hex;
  readonly nonce: bigint;
  readonly deadline: bigint;
};

/** A revocation with the owner's signature, ready to be sent by anyone. */
export type SignedRevocation = Revocation & { readonly ownerSignature: Hex };

const TYPES = {
  Revocation: [
    { name: 'identity', type: 'address' },
    { name: 'keyId', type: 'bytes32' },
    { name: 'lastGood', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** A revocation signed by the owner of the identity. */
export const signRevocation = (
  revocation: Revocation,
  owner: DeviceKey,
  domain: RegistryDomain,
): SignedRevocation => {
  const digest = hashTypedData({
    domain: registryDomain(domain),
    types: TYPES,
    primaryType: 'Revocation',
    message: revocation,
  });
  return { ...revocation, ownerSignature: signRegistryDigest(owner, digest) };
};
