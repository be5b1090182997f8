// What owners and devices sign for the DeviceRegistry: EIP-712 by viem.
import { hashTypedData, type Hex } from 'viem';
import {
  deviceSecret,
  log,
  p256KeyId,
  p256Point,
  p256Secret,
  secpAddress,
  secpKeyId,
  seeded,
  operatorAddress,
  operatorSecret,
  signP256,
  signSecp256k1,
} from './fixture.ts';
import { cut, overwrite, refusal, type Json, type Vector } from './vector.ts';

type Domain = { readonly chainId: string; readonly deviceRegistry: Hex };
const domain: Domain = {
  chainId: log.chainId,
  deviceRegistry: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
};
const DEADLINE = String(2n ** 64n);

const TYPES = {
  Enrolment:
    'address identity,address owner,uint8 algorithm,bytes publicKey,uint16 purpose,bytes32 profile,uint256 deadline',
  Revocation: 'address identity,bytes32 keyId,bytes32 lastGood,uint256 nonce,uint256 deadline',
  OwnerChange: 'address identity,address newOwner,uint256 nonce,uint256 deadline',
} as const;
type Call = keyof typeof TYPES;
type Message = { readonly [member: string]: string | number };

const digestOf = (call: Call, message: Message, at: Domain = domain): Hex =>
  hashTypedData({
    domain: {
      name: 'Gridseal DeviceRegistry',
      version: '1',
      chainId: BigInt(at.chainId),
      verifyingContract: at.deviceRegistry,
    },
    types: {
      [call]: TYPES[call].split(',').map((member) => {
        const [type = '', name = ''] = member.split(' ');
        return { type, name };
      }),
    },
    primaryType: call,
    message,
  });

/** A signature as contracts take it: without the algorithm and the public key that statements carry. */
const bare = (signature: Hex): Hex =>
  cut(signature, 0, 1) === '0x01' ? cut(signature, 1) : cut(signature, 65);
const ownerSigns = (digest: Hex): Hex => bare(signSecp256k1(digest, operatorSecret));

type Device = {
  readonly name: string;
  readonly algorithm: 'p256' | 'secp256k1';
  readonly secret: Hex;
  readonly fields: Message;
  readonly sign: (digest: Hex) => Hex;
};
const devices: readonly Device[] = [
  {
    name: 'a P-256 key',
    algorithm: 'p256',
    secret: p256Secret,
    fields: { identity: cut(p256KeyId, 12), algorithm: 2, publicKey: p256Point },
    sign: signP256,
  },
  {
    name: 'a secp256k1 key',
    algorithm: 'secp256k1',
    secret: deviceSecret,
    fields: { identity: secpAddress, algorithm: 1, publicKey: secpAddress },
    sign: (digest) => signSecp256k1(digest),
  },
];
const enrolmentOf = ({ fields }: Device, changes: Message = {}): Message => ({
  ...fields,
  owner: operatorAddress,
  purpose: 1,
  profile: seeded('profile'),
  deadline: DEADLINE,
  ...changes,
});

const enrolments = devices.flatMap((device): Vector[] => {
  const message = enrolmentOf(device);
  const digest = digestOf('Enrolment', message);
  const proofOfPossession = bare(device.sign(digest));
  const ownerSignature = ownerSigns(digest);
  const elsewhere = digestOf('Enrolment', message, { ...domain, deviceRegistry: log.evidenceLog });
  const otherChain = digestOf('Enrolment', message, { ...domain, chainId: '1' });
  const refused = (name: string, change: { [member: string]: Json }, code: string): Vector =>
    refusal(
      'enrol',
      `${device.name}: ${name}`,
      { domain, message, proofOfPossession, ownerSignature, ...change },
      code,
    );
  const unproven = (name: string, proof: Hex): Vector =>
    refused(name, { proofOfPossession: proof }, 'DeviceRegistryInvalidPossession');
  const unowned = (name: string, signature: Hex): Vector =>
    refused(name, { ownerSignature: signature }, 'DeviceRegistryInvalidOwnerSignature');
  const changed = (name: string, change: Message, code = 'DeviceRegistryInvalidPossession'): Vector =>
    refused(name, { message: enrolmentOf(device, change) }, code);
  return [
    {
      name: device.name,
      operation: 'sign enrolment',
      input: {
        domain,
        message,
        device: { algorithm: device.algorithm, secret: device.secret },
        owner: operatorSecret,
      },
      expected: { digest, proofOfPossession, ownerSignature },
    },
    {
      name: device.name,
      operation: 'enrol',
      input: { domain, message, proofOfPossession, ownerSignature },
      expected: { digest },
    },
    unproven('a bit of the proof changed', overwrite(proofOfPossession, 40, 'ff')),
    unproven('a proof cut off', cut(proofOfPossession, 0, -1)),
    unproven('a proof with a byte more', `${proofOfPossession}00`),
    unproven('no proof', '0x'),
    unproven('a proof for another registry', bare(device.sign(elsewhere))),
    unproven('a proof for another chain', bare(device.sign(otherChain))),
    unproven("the owner's signature in the place of the proof", ownerSignature),
    unowned("a bit of the owner's signature changed", overwrite(ownerSignature, 40, 'ff')),
    unowned("the owner's signature for another registry", ownerSigns(elsewhere)),
    unowned("the owner's signature for another chain", ownerSigns(otherChain)),
    unowned('no signature of the owner', '0x'),
    changed('another profile', { profile: seeded('another profile') }),
    changed('another owner', { owner: secpAddress }),
    changed('another purpose', { purpose: 2 }),
    changed('another deadline', { deadline: String(2n ** 63n) }),
    changed('a deadline in the past', { deadline: '1' }, 'DeviceRegistryExpired'),
    changed('no purpose', { purpose: 0 }, 'DeviceRegistryInvalidPurpose'),
    changed('a purpose beyond the last', { purpose: 5 }, 'DeviceRegistryInvalidPurpose'),
    changed('an algorithm that is reserved', { algorithm: 3 }, 'DeviceRegistryUnsupportedAlgorithm'),
    changed(
      'a public key cut off',
      { publicKey: cut(String(device.fields.publicKey), 0, -1) },
      'DeviceRegistryPublicKeyLength',
    ),
  ];
});

const revocation = {
  identity: secpAddress,
  keyId: secpKeyId,
  lastGood: seeded('last good'),
  nonce: '3',
  deadline: DEADLINE,
};
const ownerChange = { identity: secpAddress, newOwner: cut(p256KeyId, 12), nonce: '0', deadline: DEADLINE };
const revoked = (name: string, message: Message): Vector => {
  const digest = digestOf('Revocation', message);
  return {
    name,
    operation: 'sign revocation',
    input: { domain, message, owner: operatorSecret },
    expected: { digest, ownerSignature: ownerSigns(digest) },
  };
};

const isSigning = ({ operation }: Vector): boolean => operation === 'sign enrolment';

/** What people and devices sign for a registry. */
export const registryVectors: readonly Vector[] = [
  ...enrolments.filter(isSigning),
  revoked('a revocation', revocation),
  revoked('a revocation that leaves nothing good', { ...revocation, lastGood: `0x${'00'.repeat(32)}` }),
  revoked('a revocation of a P-256 key', { ...revocation, identity: cut(p256KeyId, 12), keyId: p256KeyId }),
];

/** What only a contract judges. */
export const registryCallVectors: readonly Vector[] = [
  ...enrolments.filter((vector) => !isSigning(vector)),
  {
    name: 'a change of owner',
    operation: 'owner change',
    input: { domain, message: ownerChange },
    expected: { digest: digestOf('OwnerChange', ownerChange) },
  },
];
