import { fromHex, type Hex } from '@gridseal/protocol';
import { deviceKeyFrom, signEnrolment, signRevocation } from '@gridseal/sdk';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

type Vector = {
  readonly name: string;
  readonly operation: string;
  readonly input: {
    readonly domain: { readonly chainId: string; readonly deviceRegistry: Hex };
    readonly message: Readonly<
      Record<'identity' | 'profile' | 'keyId' | 'lastGood', Hex> & Record<'deadline' | 'nonce', string>
    >;
    readonly device: { readonly algorithm: 'p256' | 'secp256k1'; readonly secret: Hex };
    readonly owner: Hex;
  };
  readonly expected: { readonly proofOfPossession?: Hex; readonly ownerSignature: Hex };
};

const path = new URL('../vectors/registry.json', import.meta.url);
const vectors = JSON.parse(readFileSync(path, 'utf8')) as readonly Vector[];

const operations: Readonly<Record<string, (input: Vector['input']) => unknown>> = {
  'sign enrolment': ({ domain, message, device, owner }) => {
    const { proofOfPossession, ownerSignature, ...signed } = signEnrolment({
      key: deviceKeyFrom(device.algorithm, fromHex(device.secret)),
      owner: deviceKeyFrom('secp256k1', fromHex(owner)),
      identity: fromHex(message.identity),
      profile: message.profile,
      deadline: BigInt(message.deadline),
      domain: { ...domain, chainId: BigInt(domain.chainId) },
    });
    assert.deepEqual(signed, { ...message, deadline: BigInt(message.deadline) });
    return { proofOfPossession, ownerSignature };
  },
  'sign revocation': ({ domain, message, owner }) => {
    const { identity, keyId, lastGood, nonce, deadline } = message;
    const { ownerSignature } = signRevocation(
      { identity, keyId, lastGood, nonce: BigInt(nonce), deadline: BigInt(deadline) },
      deviceKeyFrom('secp256k1', fromHex(owner)),
      { ...domain, chainId: BigInt(domain.chainId) },
    );
    return { ownerSignature };
  },
};

describe('vectors registry.json', () => {
  for (const { name, operation, input, expected } of vectors) {
    it(`${operation}: ${name}`, () => {
      const { proofOfPossession, ownerSignature } = expected;
      const wanted =
        proofOfPossession === undefined ? { ownerSignature } : { proofOfPossession, ownerSignature };
      assert.deepEqual(operations[operation]?.(input), wanted);
    });
  }
});
