import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashTypedData, hexToBytes, recoverTypedDataAddress } from 'viem';
import { encodeSignature, toHex, verifySignature } from '@gridseal/protocol';
import {
  deviceKeyFile,
  deviceKeyFrom,
  parseDeviceKeyFile,
  randomPrivateKey,
  SdkError,
  signEnrolment,
  signRevocation,
  signStatement,
  type DeviceAlgorithm,
} from '@gridseal/sdk';

const ALGORITHMS: readonly DeviceAlgorithm[] = ['p256', 'secp256k1'];
const domain = { chainId: 31337n, deviceRegistry: `0x${'ab'.repeat(20)}` } as const;
const typed = {
  name: 'Gridseal DeviceRegistry',
  version: '1',
  chainId: 31337n,
  verifyingContract: domain.deviceRegistry,
} as const;
const badKeyFile = (error: unknown) => error instanceof SdkError && error.code === 'bad-key-file';
const fresh = (algorithm: DeviceAlgorithm) => deviceKeyFrom(algorithm, randomPrivateKey(algorithm));

test('a statement signature is accepted under its key and its digest only', () => {
  for (const algorithm of ALGORITHMS) {
    const key = fresh(algorithm);
    const digest = new Uint8Array(randomBytes(32));
    const signature = signStatement(key, digest);
    verifySignature({ digest, signature, keyId: key.keyId });
    const other = digest.with(0, (digest[0] ?? 0) ^ 1);
    assert.throws(() => verifySignature({ digest: other, signature, keyId: key.keyId }));
    assert.throws(() => verifySignature({ digest, signature, keyId: fresh(algorithm).keyId }));
  }
});

test('a key file gives the key back, and a damaged one is refused', () => {
  for (const algorithm of ALGORITHMS) {
    const content = deviceKeyFile(algorithm, randomPrivateKey(algorithm));
    const { key, identity } = parseDeviceKeyFile(JSON.stringify(content));
    assert.equal(toHex(key.keyId), content.keyId);
    assert.equal(toHex(identity), content.identity);
    const otherKey = deviceKeyFile(algorithm, randomPrivateKey(algorithm)).privateKey;
    for (const damaged of [
      { ...content, privateKey: otherKey },
      { ...content, privateKey: `0x${'00'.repeat(32)}` },
      { ...content, format: 'gridseal-key/2' },
      { ...content, algorithm: 'ed25519' },
      { ...content, identity: undefined },
    ]) {
      assert.throws(() => parseDeviceKeyFile(JSON.stringify(damaged)), badKeyFile);
    }
    assert.throws(() => parseDeviceKeyFile('not JSON'), badKeyFile);
  }
});

const ENROLMENT = [
  { name: 'identity', type: 'address' },
  { name: 'owner', type: 'address' },
  { name: 'algorithm', type: 'uint8' },
  { name: 'publicKey', type: 'bytes' },
  { name: 'purpose', type: 'uint16' },
  { name: 'profile', type: 'bytes32' },
  { name: 'deadline', type: 'uint256' },
] as const;

test('an enrolment is signed by owner and device over the one EIP-712 digest', async () => {
  const owner = fresh('secp256k1');
  for (const algorithm of ALGORITHMS) {
    const key = fresh(algorithm);
    const { proofOfPossession, ownerSignature, ...message } = signEnrolment({
      key,
      owner,
      identity: key.firstIdentity,
      profile: `0x${'77'.repeat(32)}`,
      deadline: 1_900_000_000n,
      domain,
    });
    const typedData = {
      domain: typed,
      types: { Enrolment: ENROLMENT },
      primaryType: 'Enrolment',
      message,
    } as const;
    const recovered = await recoverTypedDataAddress({ ...typedData, signature: ownerSignature });
    assert.equal(recovered.toLowerCase(), toHex(owner.firstIdentity));
    const proof = hexToBytes(proofOfPossession);
    const signature = encodeSignature(
      key.publicKey.algorithm === 'p256'
        ? { algorithm: 'p256', publicKey: key.publicKey.publicKey, rs: proof }
        : { algorithm: 'secp256k1', rsv: proof },
    );
    verifySignature({ digest: hexToBytes(hashTypedData(typedData)), signature, keyId: key.keyId });
  }
});

test('a revocation is signed by the owner', async () => {
  const owner = fresh('secp256k1');
  const { ownerSignature, ...message } = signRevocation(
    {
      identity: toHex(owner.firstIdentity),
      keyId: toHex(owner.keyId),
      lastGood: `0x${'00'.repeat(32)}`,
      nonce: 3n,
      deadline: 1_900_000_000n,
    },
    owner,
    domain,
  );
  const recovered = await recoverTypedDataAddress({
    domain: typed,
    types: {
      Revocation: [
        { name: 'identity', type: 'address' },
        { name: 'keyId', type: 'bytes32' },
        { name: 'lastGood', type: 'bytes32' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Revocation',
    message,
    signature: ownerSignature,
  });
  assert.equal(recovered.toLowerCase(), toHex(owner.firstIdentity));
});
