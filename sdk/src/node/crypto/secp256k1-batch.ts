import { randomFillSync } from 'node:crypto';
import { equal, fromBigInt, toBigInt } from '@gridseal/protocol/bytes';
import type { Primitives, SignedDigest } from '@gridseal/protocol/primitives';
import type { NativeSecp256k1 } from './native-builds.ts';

/** Order of the group. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** λ·(x, y) = (β·x, y): a multiple b₁ + b₂·λ costs what one of half its length does (Gallant, Lambert and Vanstone 2001). */
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

/**
 * Batch verification of recoverable ECDSA signatures of one key Q: the small exponents test of Bellare, Garay and Rabin
 * (Eurocrypt 1998).
 *
 * Recovery asks that s·R = z·G + r·Q for the one point R that r and the parity byte v name. Of all at once, with random
 * 128-bit bᵢ: Σ bᵢRᵢ = (Σ bᵢzᵢ/sᵢ)·G + (Σ bᵢrᵢ/sᵢ)·Q. Were one of them wrong, the sums would meet with a probability of 2⁻¹²⁸.
 * The group has prime order, so there is no cofactor on which a batch and a single verification could disagree.
 */
export const batchVerifierWith =
  (
    native: NativeSecp256k1,
    keccak256: Primitives['keccak256'],
  ): NonNullable<Primitives['verifySecp256k1Batch']> =>
  (address, claims) => {
    const [first, ...others] = claims;
    if (first === undefined) return true;
    if (!claims.every(isWellFormed)) return false;
    try {
      const { digest, signature } = first;
      const rs = signature.subarray(0, 64);
      const key = native.ecdsaRecover(rs, parityOf(signature), digest, false, new Uint8Array(65));
      if (!equal(keccak256(key.subarray(1)).subarray(12), address)) return false;
      return others.length === 0 || sumsMeet(key, others.map(termsOf), native);
    } catch {
      // libsecp256k1 knows no such point, or a sum is zero: no verdict, and whoever recovers each learns why.
      return false;
    }
  };

/** What a claim brings to the equation. */
type Terms = {
  readonly z: bigint;
  readonly r: bigint;
  readonly s: bigint;
  /** The one point that r and v name, compressed (SEC 1, 2.3.3). */
  readonly point: Uint8Array;
};

const termsOf = ({ digest, signature }: SignedDigest): Terms => {
  const point = new Uint8Array(33);
  point[0] = 2 + parityOf(signature);
  point.set(signature.subarray(0, 32), 1);
  const [r, s] = [toBigInt(signature.subarray(0, 32)), toBigInt(signature.subarray(32, 64))];
  return { z: toBigInt(digest), r, s, point };
};

/** Whether the equation of the batch holds for a key of 65 bytes. */
const sumsMeet = (key: Uint8Array, claims: readonly Terms[], native: NativeSecp256k1): boolean => {
  if (claims.some(({ r, s }) => r === 0n || r >= N || s === 0n || s >= N)) return false;
  const coefficients = drawCoefficients(claims.length);
  const inverses = invertAll(claims.map(({ s }) => s));
  let [ofGenerator, ofKey] = [0n, 0n];
  const multiples = claims.map(({ z, r, point }, i) => {
    const coefficient = coefficients[i]!;
    const factor = (coefficient * inverses[i]!) % N;
    ofGenerator += factor * z;
    ofKey += factor * r;
    return native.publicKeyTweakMul(point, fromBigInt(coefficient, 32), false);
  });
  const left = native.publicKeyCombine(multiples, false);
  const right = native.publicKeyCombine(
    [
      native.publicKeyCreate(fromBigInt(ofGenerator % N, 32), false),
      native.publicKeyTweakMul(key, fromBigInt(ofKey % N, 32), false),
    ],
    false,
  );
  return equal(left, right);
};

const isWellFormed = ({ digest, signature }: SignedDigest): boolean =>
  digest.length === 32 && signature.length === 65 && (signature[64] === 27 || signature[64] === 28);

const parityOf = (signature: Uint8Array): number => signature[64]! - 27;

/** Random b₁ + b₂·λ with b₁ and b₂ of 64 bits: no two pairs give the same, since λ has no shorter relation than 128 bits. */
const drawCoefficients = (count: number): bigint[] => {
  const halves = randomFillSync(new BigUint64Array(2 * count));
  return Array.from({ length: count }, (_, i) => (halves[2 * i]! + halves[2 * i + 1]! * LAMBDA) % N);
};

/** Inverses modulo n with one inversion for all (Montgomery 1987). The values are not zero. */
const invertAll = (values: readonly bigint[]): bigint[] => {
  const productsBefore: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    productsBefore.push(product);
    product = (product * value) % N;
  }
  let inverse = invert(product);
  const inverses = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i -= 1) {
    inverses[i] = (inverse * productsBefore[i]!) % N;
    inverse = (inverse * values[i]!) % N;
  }
  return inverses;
};

/** Extended Euclid. */
const invert = (value: bigint): bigint => {
  let [low, high, x, y] = [value, N, 1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [x, y] = [y - quotient * x, x];
  }
  return x < 0n ? x + N : x;
};
