import { createPublicClient, http } from 'viem';
import { toHex, type Hex, type Trust } from '@gridseal/protocol';
import { SdkError, signRevocation, type SignedRevocation } from '@gridseal/sdk';
import { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import type { HeldKey } from '../../edge/gateway/key-file.ts';
import { UsageError } from '../usage-error.ts';

/** No statement: none is good that no anchor covers yet. */
export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;
/** Seconds for which what an owner signs can be sent. */
export const VALID_FOR_S = 600n;

/** `--last-good`. @throws UsageError */
export const lastGoodOf = (lastGood: string): Hex => {
  if (/^0x[0-9a-f]{64}$/u.test(lastGood)) return lastGood as Hex;
  throw new UsageError(
    `--last-good ${lastGood}: expected the digest of a statement, 0x and 64 digits 0-9 a-f`,
  );
};

/** The owner's number for the next change of an identity. @throws SdkError `unreachable` */
export const nonceOf = async (rpc: string, trust: Trust, identity: Hex): Promise<bigint> => {
  const node = createPublicClient({ transport: http(rpc, { retryCount: 1, timeout: 10_000 }) });
  const { address } = trust.deviceRegistry;
  try {
    return await node.readContract({
      address,
      abi: deviceRegistryAbi,
      functionName: 'nonce',
      args: [identity],
    });
  } catch (cause) {
    throw new SdkError('unreachable', `the node at ${rpc} does not answer for ${address}`, { cause });
  }
};

/** A revocation of a key by the identity's owner. */
export const revocationOf = (options: {
  readonly held: HeldKey;
  readonly owner: HeldKey;
  readonly trust: Trust;
  readonly lastGood: Hex;
  readonly nonce: bigint;
}): SignedRevocation => {
  const { held, owner, trust, lastGood, nonce } = options;
  const revocation = {
    identity: toHex(held.identity),
    keyId: toHex(held.key.keyId),
    lastGood,
    nonce,
    deadline: BigInt(Math.floor(Date.now() / 1000)) + VALID_FOR_S,
  };
  const domain = { chainId: BigInt(trust.chainId), deviceRegistry: trust.deviceRegistry.address };
  return signRevocation(revocation, owner.key, domain);
};
