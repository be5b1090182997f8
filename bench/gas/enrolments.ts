import { fromHex, toHex } from '@gridseal/protocol';
import { deviceRegistryAbi, deviceRegistryBytecode } from '@gridseal/sdk/abi/device-registry';
import { deviceKeyFrom, type DeviceAlgorithm } from '@gridseal/sdk/device/device-key';
import { encodeFunctionData, hashTypedData, keccak256, toBytes, type Address, type Hex } from 'viem';

import { owner, type BenchChain } from './chain.ts';

/** Within the chain's first day, and without a zero byte: zeros make a call cheaper. */
const DEADLINE = 0x6956_ffffn;

const ALGORITHM_IDS = { secp256k1: 1, p256: 2 } as const;
const types = {
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

/**
 * The gas of the first enrolment of a new identity, sent by someone who is neither its owner nor its device. The most of
 * several keys: zero bytes in signatures make a call cheaper.
 */
export const measureEnrolment = async (chain: BenchChain, algorithm: DeviceAlgorithm): Promise<bigint> => {
  const registry = await chain.deploy(deviceRegistryAbi, deviceRegistryBytecode);
  const enrolments = await Promise.all(
    Array.from({ length: 8 }, async (_, number) => enrolmentOf(chain, registry, algorithm, number)),
  );
  let most = 0n;
  for (const data of enrolments) {
    const gas = await chain.send(registry, data);
    if (gas > most) most = gas;
  }
  return most;
};

const enrolmentOf = async (
  chain: BenchChain,
  registry: Address,
  algorithm: DeviceAlgorithm,
  number: number,
): Promise<Hex> => {
  const key = deviceKeyFrom(algorithm, toBytes(keccak256(toBytes(`${algorithm} ${number}`))));
  const { publicKey } = key;
  const message = {
    identity: toHex(key.firstIdentity),
    owner: owner.address,
    algorithm: ALGORITHM_IDS[algorithm],
    publicKey: toHex(publicKey.algorithm === 'p256' ? publicKey.publicKey : publicKey.address),
    purpose: 1,
    profile: keccak256(toBytes('profile')),
    deadline: DEADLINE,
  };
  const typedData = {
    domain: {
      name: 'Gridseal DeviceRegistry',
      version: '1',
      chainId: chain.chainId,
      verifyingContract: registry,
    },
    types,
    primaryType: 'Enrolment',
    message,
  } as const;
  const signature = key.sign(fromHex(hashTypedData(typedData)));
  const proofOfPossession = toHex(signature.algorithm === 'p256' ? signature.rs : signature.rsv);
  const ownerSignature = await owner.signTypedData(typedData);
  return encodeFunctionData({
    abi: deviceRegistryAbi,
    functionName: 'enrol',
    args: [message, proofOfPossession, ownerSignature],
  });
};
