import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { fromBigInt, fromHex, toBigInt } from '@gridseal/protocol/bytes';
import { portable, type Primitives, type SignedDigest } from '@gridseal/protocol/primitives';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { createDigestSigner } from '../../../backend/adapters/crypto/operator-signer.ts';

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const privateKey = new Uint8Array(32).fill(7);
const signer = createDigestSigner(privateKey);
const stranger = createDigestSigner(new Uint8Array(32).fill(8));
const address = fromHex(signer.address);

const digestOf = (seed: number): Uint8Array => portable.sha256(fromBigInt(BigInt(seed), 8));
const signedBy = ({ sign }: typeof signer, seed: number): SignedDigest => {
  const digest = digestOf(seed);
  return { digest, signature: sign(digest) };
};
const partsOf = ({ signature }: SignedDigest) => ({
  r: toBigInt(signature.subarray(0, 32)),
  s: toBigInt(signature.subarray(32, 64)),
  v: signature[64]!,
});
const withParts = (
  claim: SignedDigest,
  changes: { readonly r?: bigint; readonly s?: bigint; readonly v?: number },
): SignedDigest => {
  const { r, s, v } = { ...partsOf(claim), ...changes };
  return { ...claim, signature: Uint8Array.from([...fromBigInt(r, 32), ...fromBigInt(s, 32), v]) };
};
/** A claim as good, of the same R, whose s is 5. */
const ofSmallS = (claim: SignedDigest): SignedDigest => {
  const { r, s } = partsOf(claim);
  const rd = (r * toBigInt(privateKey)) % N;
  const nonce = (toBigInt(claim.digest) + rd) * secp256k1.Point.Fn.inv(s);
  return addedToDigest({ ...withParts(claim, { s: 5n }), digest: new Uint8Array(32) }, 5n * nonce - rd);
};
const addedToDigest = (claim: SignedDigest, change: bigint): SignedDigest => ({
  ...claim,
  digest: fromBigInt((((toBigInt(claim.digest) + change) % N) + N) % N, 32),
});

/** What recovery alone says of each. */
const isSignedBy = ({ digest, signature }: SignedDigest): boolean => {
  try {
    return Buffer.from(portable.recoverSecp256k1(digest, signature)).equals(address);
  } catch {
    return false;
  }
};

describe('batch verification of secp256k1 signatures', () => {
  let native: Primitives;
  before(async () => {
    const { primitives, missing } = await loadPrimitives();
    assert.deepEqual(missing, []);
    native = primitives;
  });

  const verify = (by: Uint8Array, claims: readonly SignedDigest[]) =>
    native.verifySecp256k1Batch?.(by, claims);
  const batch = (count: number): SignedDigest[] =>
    Array.from({ length: count }, (_, i) => signedBy(signer, i));

  it('holds for what the key has signed, one or many, twice the same too', () => {
    for (const count of [0, 1, 2, 3, 64, 200]) assert.equal(verify(address, batch(count)), true, `${count}`);
    assert.equal(verify(address, [...batch(9), ...batch(9)]), true);
  });

  it('holds for a high s with the other parity, as recovery does', () => {
    const claim = signedBy(signer, 1);
    const { s, v } = partsOf(claim);
    const high = withParts(claim, { s: N - s, v: 55 - v });
    assert.equal(isSignedBy(high), true);
    assert.equal(verify(address, [...batch(9), high]), true);
  });

  it('holds for a small s', () => {
    assert.equal(verify(address, [...batch(9), ofSmallS(signedBy(signer, 1))]), true);
  });

  /** Each makes of a good claim one that recovery does not ascribe to the key. */
  const wrongs: Record<string, (claim: SignedDigest) => SignedDigest> = {
    'the other parity': (claim) => withParts(claim, { v: 55 - partsOf(claim).v }),
    'the other half of s': (claim) => withParts(claim, { s: N - partsOf(claim).s }),
    'another s': (claim) => withParts(claim, { s: partsOf(claim).s + 1n }),
    'another r': (claim) => withParts(claim, { r: partsOf(claim).r ^ 1n }),
    'r and s exchanged': (claim) => withParts(claim, { r: partsOf(claim).s, s: partsOf(claim).r }),
    'no r': (claim) => withParts(claim, { r: 0n }),
    'no s': (claim) => withParts(claim, { s: 0n }),
    'r of the order': (claim) => withParts(claim, { r: N }),
    's of the order': (claim) => withParts(claim, { s: N }),
    'the order added to s': (claim) => withParts(ofSmallS(claim), { s: N + 5n }),
    'a recovery identifier without 27': (claim) => withParts(claim, { v: partsOf(claim).v - 27 }),
    'an x-coordinate beyond the order': (claim) => withParts(claim, { v: partsOf(claim).v + 2 }),
    'another digest': (claim) => addedToDigest(claim, 1n),
    'a digest of zero': (claim) => ({ ...claim, digest: new Uint8Array(32) }),
    'a digest that is short': (claim) => ({ ...claim, digest: claim.digest.subarray(1) }),
    'a digest with a zero before it': (claim) => ({
      ...claim,
      digest: Uint8Array.from([0, ...claim.digest]),
    }),
    'a signature with a byte after it': (claim) => ({
      ...claim,
      signature: Uint8Array.from([...claim.signature, 0]),
    }),
    'a signature that is short': (claim) => ({ ...claim, signature: claim.signature.subarray(0, 64) }),
    'the signature of another key': ({ digest }) => ({ digest, signature: stranger.sign(digest) }),
  };
  for (const [name, change] of Object.entries(wrongs)) {
    it(`does not hold with ${name}, wherever in the batch`, () => {
      for (const at of [0, 1, 5, 8]) {
        const claims = batch(9);
        claims[at] = change(claims[at]!);
        assert.equal(isSignedBy(claims[at]), false);
        assert.equal(verify(address, claims), false, `at ${at}`);
      }
    });
  }

  it('does not hold for another address', () => {
    assert.equal(verify(fromHex(stranger.address), batch(9)), false);
  });

  it('does not hold when wrong ones are made to cancel out under equal coefficients', () => {
    const claims = batch(9);
    const [a, b] = [claims[3]!, claims[6]!];
    claims[3] = addedToDigest(a, partsOf(a).s);
    claims[6] = addedToDigest(b, -partsOf(b).s);
    assert.equal(verify(address, claims), false);
    const swapped = batch(9);
    [swapped[3], swapped[6]] = [
      { digest: a.digest, signature: b.signature },
      { digest: b.digest, signature: a.signature },
    ];
    assert.equal(verify(address, swapped), false);
  });

  it('says of any batch what recovery says of all of it', () => {
    const kinds = [(claim: SignedDigest) => claim, ...Object.values(wrongs)];
    const arbitrary = fc.array(
      fc.tuple(fc.nat(50), fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.nat(kinds.length - 1))),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(arbitrary, (choices) => {
        const claims = choices.map(([seed, kind]) => kinds[kind]!(signedBy(signer, seed)));
        assert.equal(verify(address, claims), claims.every(isSignedBy));
      }),
    );
  });
});
