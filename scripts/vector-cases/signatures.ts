import { concatHex, hashTypedData, keccak256, numberToHex, stringToHex, type Hex } from 'viem';
import {
  domain,
  log,
  logId,
  operatorAddress,
  operatorSecret,
  p256KeyId,
  p256Point,
  secpAddress,
  secpKeyId,
  seeded,
  signP256,
  signSecp256k1,
} from './fixture.ts';
import { cut, overwrite, refusal, type Json, type Vector } from './vector.ts';

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const digest = seeded('signed digest');
const secp = signSecp256k1(digest);
const p256 = signP256(digest);

/** s → n − s, which verifies alike. */
function upperHalf(signature: Hex, at: number, order: bigint): Hex {
  const s = BigInt(cut(signature, at, at + 32));
  return overwrite(signature, at, numberToHex(order - s, { size: 32 }).slice(2));
}

const scalar = (value: bigint): string => numberToHex(value, { size: 32 }).slice(2);
const flippedV = overwrite(secp, 65, cut(secp, 65) === '0x1b' ? '1c' : '1b');
const offCurve = overwrite(p256Point, 63, (Number(cut(p256Point, 63)) ^ 1).toString(16).padStart(2, '0'));
const keyIdOfPoint = (point: Hex): Hex => keccak256(concatHex([stringToHex('gridseal:p256'), point]));

function verified(name: string, signature: Hex, keyId: Hex, expected: Json): Vector {
  return { name, operation: 'verify', input: { digest, signature, keyId }, expected };
}

function refused(
  name: string,
  input: { digest?: Hex; signature: Hex; keyId: Hex },
  code: string,
  field: string,
): Vector {
  return refusal('verify', name, { digest, ...input }, code, field);
}

function malformed(name: string, signature: Hex, code: string, field = 'signature'): Vector {
  return refused(name, { signature, keyId: secpKeyId }, code, field);
}

const high = upperHalf(p256, 97, P256_ORDER);

export const signatureVectors: readonly Vector[] = [
  verified('secp256k1 signs the digest', secp, secpKeyId, { algorithm: 'secp256k1', identity: secpAddress }),
  verified('P-256 signs the SHA-256 of the digest', p256, p256KeyId, {
    algorithm: 'p256',
    identity: cut(p256KeyId, 12),
  }),
  refused(
    'secp256k1: another digest',
    { digest: seeded('other'), signature: secp, keyId: secpKeyId },
    'KeyMismatch',
    'header.keyId',
  ),
  refused('secp256k1: another key', { signature: secp, keyId: p256KeyId }, 'KeyMismatch', 'header.keyId'),
  refused('secp256k1: the other v', { signature: flippedV, keyId: secpKeyId }, 'KeyMismatch', 'header.keyId'),
  refused(
    'secp256k1: an r that is on no curve',
    { signature: overwrite(secp, 1, scalar(5n)), keyId: secpKeyId },
    'SignatureMismatch',
    'signature',
  ),
  refused(
    'P-256: another digest',
    { digest: seeded('other'), signature: p256, keyId: p256KeyId },
    'SignatureMismatch',
    'signature',
  ),
  refused(
    'P-256: another r',
    { signature: overwrite(p256, 65, scalar(1n)), keyId: p256KeyId },
    'SignatureMismatch',
    'signature',
  ),
  refused(
    'P-256: another key than the statement names',
    { signature: p256, keyId: secpKeyId },
    'KeyMismatch',
    'header.keyId',
  ),
  refused(
    'P-256: a point on no curve',
    { signature: concatHex(['0x02', offCurve, cut(p256, 65)]), keyId: keyIdOfPoint(offCurve) },
    'SignatureMismatch',
    'signature',
  ),
  malformed('nothing', '0x', 'Truncated'),
  ...['00', '03', '04', '05', 'ff'].map((id) =>
    malformed(`algorithm 0x${id}`, overwrite(secp, 0, id), 'UnknownAlgorithm'),
  ),
  malformed('secp256k1: 65 bytes', cut(secp, 0, -1), 'LengthMismatch'),
  malformed('secp256k1: 67 bytes', `${secp}00`, 'LengthMismatch'),
  malformed('P-256: 128 bytes', cut(p256, 0, -1), 'LengthMismatch'),
  malformed('P-256: 130 bytes', `${p256}00`, 'LengthMismatch'),
  malformed('secp256k1: v 0', overwrite(secp, 65, '00'), 'OutOfRange', 'signature.v'),
  malformed('secp256k1: v 29', overwrite(secp, 65, '1d'), 'OutOfRange', 'signature.v'),
  ...(
    [
      ['secp256k1', secp, 1, SECP256K1_ORDER],
      ['P-256', p256, 65, P256_ORDER],
    ] as const
  ).flatMap(([name, signature, at, order]) => [
    malformed(`${name}: r = 0`, overwrite(signature, at, scalar(0n)), 'OutOfRange', 'signature.r'),
    malformed(`${name}: r = n`, overwrite(signature, at, scalar(order)), 'OutOfRange', 'signature.r'),
    malformed(`${name}: s = 0`, overwrite(signature, at + 32, scalar(0n)), 'OutOfRange', 'signature.s'),
    malformed(`${name}: s = n`, overwrite(signature, at + 32, scalar(order)), 'OutOfRange', 'signature.s'),
    malformed(`${name}: s in the upper half`, upperHalf(signature, at + 32, order), 'HighS', 'signature.s'),
    malformed(
      `${name}: s one above the half`,
      overwrite(signature, at + 32, scalar(order / 2n + 1n)),
      'HighS',
      'signature.s',
    ),
  ]),
  {
    name: 'P-256 with s in the upper half is brought to the lower',
    operation: 'normalise',
    input: { signature: high },
    expected: { signature: p256 },
  },
  {
    name: 'P-256 with s in the lower half stays',
    operation: 'normalise',
    input: { signature: p256 },
    expected: { signature: p256 },
  },
  ...[
    ['P-256 with s at half of n', overwrite(p256, 97, scalar(P256_ORDER / 2n))],
    ['P-256 with s = n', overwrite(p256, 97, scalar(P256_ORDER))],
    ['P-256 with s = 0', overwrite(p256, 97, scalar(0n))],
    ['P-256 cut short', cut(high, 0, -1)],
    ['secp256k1 with s in the upper half', upperHalf(secp, 33, SECP256K1_ORDER)],
    ['nothing', '0x'],
  ].map(([name, signature]): Vector => ({
    name: `${name!} stays`,
    operation: 'normalise',
    input: { signature: signature! },
    expected: { signature: signature! },
  })),
];

const receipt = {
  logId,
  digest: seeded('statement digest'),
  entryHash: seeded('entry hash'),
  receiptTimeMs: '1767225601250',
  deadline: '1767229200',
};
const receiptDigest = hashTypedData({
  domain: {
    name: 'Gridseal',
    version: '1',
    chainId: BigInt(log.chainId),
    verifyingContract: log.evidenceLog,
    salt: logId,
  },
  types: {
    Receipt: [
      { name: 'logId', type: 'bytes32' },
      { name: 'digest', type: 'bytes32' },
      { name: 'entryHash', type: 'bytes32' },
      { name: 'receiptTimeMs', type: 'uint64' },
      { name: 'deadline', type: 'uint64' },
    ],
  },
  primaryType: 'Receipt',
  message: receipt as never,
});
const signedReceipt = {
  domain,
  receipt,
  operator: operatorAddress,
  signature: signSecp256k1(receiptDigest, operatorSecret),
};

function refusedReceipt(name: string, change: object, code: string, field: string): Vector {
  const input = { ...signedReceipt, receipt: { ...receipt, ...change } };
  return refusal('receipt', name, input, code, field);
}

export const receiptVectors: readonly Vector[] = [
  { name: 'a receipt', operation: 'receipt', input: signedReceipt, expected: { digest: receiptDigest } },
  refusedReceipt('another statement', { digest: seeded('other') }, 'KeyMismatch', 'header.keyId'),
  refusedReceipt('another entry', { entryHash: seeded('other') }, 'KeyMismatch', 'header.keyId'),
  refusedReceipt('another receipt time', { receiptTimeMs: '1767225601251' }, 'KeyMismatch', 'header.keyId'),
  refusedReceipt('another deadline', { deadline: '1767229201' }, 'KeyMismatch', 'header.keyId'),
  refusedReceipt('another log', { logId: seeded('other') }, 'RuleViolated', 'receipt.logId'),
  refusedReceipt(
    'a deadline beyond 64 bits',
    { deadline: String(2n ** 64n) },
    'OutOfRange',
    'receipt.deadline',
  ),
  refusedReceipt(
    'a digest of 31 bytes',
    { digest: cut(receipt.digest, 1) },
    'LengthMismatch',
    'receipt.digest',
  ),
  refusal(
    'receipt',
    'another operator',
    { ...signedReceipt, operator: secpAddress },
    'KeyMismatch',
    'header.keyId',
  ),
  refusal(
    'receipt',
    'another chain',
    { ...signedReceipt, domain: { ...domain, chainId: '1' } },
    'KeyMismatch',
    'header.keyId',
  ),
  refusal(
    'receipt',
    'a P-256 signature',
    { ...signedReceipt, signature: signP256(receiptDigest) },
    'UnknownAlgorithm',
    'signature',
  ),
  refusal('receipt', 'no signature', { ...signedReceipt, signature: '0x' }, 'UnknownAlgorithm', 'signature'),
];
