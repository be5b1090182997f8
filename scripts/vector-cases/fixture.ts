// Keys, log and statements that the vectors share. All of it is derived from text, so anybody can derive it again.
import { createHash } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  bytesToHex,
  concatHex,
  encodeAbiParameters,
  hashTypedData,
  keccak256,
  pad,
  stringToHex,
  type Hex,
} from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { authorPart, encodeType, HEADER_LIST, toBuffer, type Fields, type MemberList } from './reference.ts';

export function seeded(label: string): Hex {
  return bytesToHex(createHash('sha256').update(`gridseal vectors: ${label}`).digest());
}

export const deviceSecret = seeded('secp256k1 device');
export const p256Secret = seeded('P-256 device');
export const operatorSecret = seeded('operator');

export const secpAddress = privateKeyToAddress(deviceSecret).toLowerCase() as Hex;
export const operatorAddress = privateKeyToAddress(operatorSecret).toLowerCase() as Hex;
export const p256Point = bytesToHex(p256.getPublicKey(toBuffer(p256Secret), false).subarray(1));
export const secpKeyId = pad(secpAddress, { size: 32 });
export const p256KeyId = keccak256(concatHex([stringToHex('gridseal:p256'), p256Point]));

export const log = {
  chainId: '31337',
  evidenceLog: '0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0',
  creator: operatorAddress,
  salt: seeded('log salt'),
} as const;

export const logId = keccak256(
  encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'address' }, { type: 'address' }, { type: 'bytes32' }],
    [BigInt(log.chainId), log.evidenceLog, log.creator, log.salt],
  ),
);
export const domain = { chainId: log.chainId, evidenceLog: log.evidenceLog, logId };

const ZERO: Hex = `0x${'00'.repeat(32)}`;
export const header = {
  author: secpAddress,
  keyId: secpKeyId,
  lane: 0,
  boot: 1,
  sequence: '7',
  previous: seeded('previous'),
  timeMs: '1767225600000',
  notBeforeBlock: '4711',
  notBeforeHash: seeded('block 4711'),
} as const satisfies Fields;

export const firstHeader = {
  ...header,
  sequence: '0',
  previous: ZERO,
  notBeforeBlock: '0',
  notBeforeHash: ZERO,
};

type KindFixture = { readonly list: MemberList; readonly body: Fields };

const batch: KindFixture = {
  list: 'bytes32 profile,uint64 startMs,uint64 endMs,uint32 count,bytes32 readingsRoot,bytes32 auxRoot',
  body: {
    profile: seeded('profile'),
    startMs: '1767225540000',
    endMs: '1767225600000',
    count: 60,
    readingsRoot: seeded('readings'),
    auxRoot: ZERO,
  },
};

const refused = authorPart({
  type: encodeType('TelemetryBatch', batch.list),
  list: batch.list,
  header,
  body: batch.body,
  signature: `0x01${'22'.repeat(64)}1b`,
});

/** One statement of each kind, its member list copied from docs/spec/statements.md. */
export const kinds: { readonly [name: string]: KindFixture } = {
  TelemetryBatch: batch,
  TypeDeclaration: {
    list: 'string declaration',
    body: { declaration: encodeType('TypeDeclaration', 'string declaration') },
  },
  Gap: {
    list: 'address subject,uint32 lane,uint32 boot,uint64 firstSequence,uint64 lastSequence,uint64 windowMs',
    body: {
      subject: secpAddress,
      lane: 0,
      boot: 1,
      firstSequence: '8',
      lastSequence: '11',
      windowMs: '300000',
    },
  },
  Equivocation: {
    list: 'address subject,uint32 lane,uint32 boot,uint64 sequence,bytes32 acceptedDigest,bytes32 conflictingDigest,bytes conflicting',
    body: {
      subject: secpAddress,
      lane: 0,
      boot: 1,
      sequence: '7',
      acceptedDigest: seeded('accepted'),
      conflictingDigest: seeded('conflicting'),
      conflicting: refused,
    },
  },
  Reset: {
    list: 'address subject,uint32 lane,uint32 boot,bytes32 lastKnown',
    body: { subject: secpAddress, lane: 0, boot: 2, lastKnown: seeded('last known') },
  },
  RegistryEvent: {
    list: 'address identity,bytes32 keyId,uint8 change,uint64 blockNumber,bytes32 blockHash,bytes32 transactionHash,uint32 logIndex',
    body: {
      identity: secpAddress,
      keyId: secpKeyId,
      change: 2,
      blockNumber: '4712',
      blockHash: seeded('block 4712'),
      transactionHash: seeded('transaction'),
      logIndex: 3,
    },
  },
  Erasure: {
    list: 'bytes32 erased,bytes32 keyCommitment,string reason',
    body: {
      erased: seeded('erased'),
      keyCommitment: seeded('key commitment'),
      reason: 'the customer asked for it',
    },
  },
};

/** EIP-712 digest by viem. */
export function digestOf(name: string, { list, body }: KindFixture, values: Fields): Hex {
  const members = (declared: MemberList) =>
    declared.split(',').map((member) => {
      const [type = '', memberName = ''] = member.split(' ');
      return { type, name: memberName };
    });
  return hashTypedData({
    domain: {
      name: 'Gridseal',
      version: '1',
      chainId: BigInt(domain.chainId),
      verifyingContract: domain.evidenceLog,
      salt: domain.logId,
    },
    types: { Header: members(HEADER_LIST), [name]: [{ name: 'header', type: 'Header' }, ...members(list)] },
    primaryType: name,
    message: { header: values, ...body },
  });
}

/** Signature encoded as docs/spec/identity.md says. */
export function signSecp256k1(digest: Hex, secret: Hex = deviceSecret): Hex {
  const recovered = secp256k1.sign(toBuffer(digest), toBuffer(secret), {
    prehash: false,
    format: 'recovered',
  });
  return concatHex(['0x01', bytesToHex(recovered.subarray(1)), recovered[0] === 0 ? '0x1b' : '0x1c']);
}

/** P-256 over SHA-256 of the digest. */
export function signP256(digest: Hex): Hex {
  const rs = p256.sign(toBuffer(digest), toBuffer(p256Secret), { prehash: true, lowS: true });
  return concatHex(['0x02', p256Point, bytesToHex(rs)]);
}
