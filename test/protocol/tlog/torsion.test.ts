import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  formatVerifierKey,
  NOTE_ALGORITHM,
  parseTrust,
  parseVerifierKey,
  portable,
  TlogError,
  verifierKeyOf,
  type VerifierKey,
} from '../../../protocol/src/index.ts';
import { trustOf } from '../../setup/vector-documents.ts';

const { Point } = ed25519;
const SEED = new Uint8Array(32).fill(7);
const good = Point.fromBytes(ed25519.getPublicKey(SEED));

/** Points of small order, by their order. */
const SMALL: readonly (readonly [order: number, hex: string])[] = [
  [1, `01${'00'.repeat(31)}`],
  [2, `ec${'ff'.repeat(30)}7f`],
  [4, '00'.repeat(32)],
  [4, `${'00'.repeat(31)}80`],
  [8, '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  [8, '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  [8, 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  [8, 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
];

/** The text of a key as an attacker writes it: its hash is right, whatever the point. */
const textOf = (
  algorithm: VerifierKey['algorithm'],
  publicKey: Uint8Array,
  name = 'log.example/0',
): string => {
  const key = Buffer.concat([Uint8Array.of(algorithm), publicKey]);
  const hash = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
  return `${name}+${hash}+${key.toString('base64')}`;
};

const refuses = (text: string): void => {
  assert.throws(
    () => parseVerifierKey(text),
    (error: unknown) => error instanceof TlogError && error.code === 'VerifierKey',
    text,
  );
};

/** What OpenSSL says, which multiplies by no cofactor: no more does Go's crypto/ed25519. */
const verifiesElsewhere = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
};

const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const sha512 = (...parts: readonly Uint8Array[]): Uint8Array =>
  createHash('sha512').update(Buffer.concat(parts)).digest();

/** A signature whose R has a part of small order, by whoever holds the key. */
const twisted = (message: Uint8Array, torsion: Uint8Array): Uint8Array => {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(SEED);
  const r = littleEndian(sha512(Buffer.from('nonce'), message)) % Point.Fn.ORDER;
  const R = Point.BASE.multiply(r).add(Point.fromBytes(torsion)).toBytes();
  const k = littleEndian(sha512(R, pointBytes, message)) % Point.Fn.ORDER;
  const s = (r + k * scalar) % Point.Fn.ORDER;
  return Buffer.concat([R, Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()]);
};

describe('a note key or witness key', () => {
  for (const algorithm of Object.values(NOTE_ALGORITHM)) {
    it(`of type ${algorithm} and of small order is refused when it is read [E13]`, () => {
      for (const [order, hex] of SMALL) {
        const point = Buffer.from(hex, 'hex');
        assert.ok(Point.fromBytes(point, true).multiplyUnsafe(BigInt(order)).is0(), `order ${order}`);
        refuses(textOf(algorithm, point));
      }
    });

    it(`of type ${algorithm} with a part of small order is refused when it is read [E13]`, () => {
      for (const [order, hex] of SMALL.filter(([each]) => each > 1)) {
        const mixed = good.add(Point.fromBytes(Buffer.from(hex, 'hex')));
        assert.equal(mixed.isTorsionFree(), false, `order ${order}`);
        refuses(textOf(algorithm, mixed.toBytes()));
      }
    });
  }

  it('of prime order is read', () => {
    for (const algorithm of Object.values(NOTE_ALGORITHM)) {
      const text = textOf(algorithm, good.toBytes());
      assert.equal(formatVerifierKey(parseVerifierKey(text)), text);
    }
  });

  it('that is no point, or another encoding of one, is refused when it is read [E13]', () => {
    const order = Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex'); // y = p + 1
    for (const bytes of [Buffer.alloc(32, 2), order]) {
      refuses(textOf(NOTE_ALGORITHM.ed25519, bytes));
      assert.throws(() => verifierKeyOf('log.example/0', NOTE_ALGORITHM.ed25519, bytes), TlogError);
    }
  });

  it('with a part of small order makes a trust file unreadable [E13]', () => {
    const mixed = good.add(Point.fromBytes(Buffer.from(SMALL[4]![1], 'hex'))).toBytes();
    const trust = JSON.parse(new TextDecoder().decode(trustOf())) as {
      witnesses: { keys: string[] };
    };
    trust.witnesses.keys.push(textOf(NOTE_ALGORITHM.cosignature, mixed, 'witness.example/mixed'));
    assert.throws(() => parseTrust(JSON.stringify(trust)), TlogError);
  });
});

describe('a signature of Ed25519', () => {
  it('verifies here exactly where it does by OpenSSL and Go, also with a part of small order [E13]', () => {
    const publicKey = good.toBytes();
    for (const [order, hex] of SMALL) {
      const message = Buffer.from(`order ${order}, ${hex}`);
      const signature = twisted(message, Buffer.from(hex, 'hex'));
      // The equation that multiplies by the cofactor holds for all of them.
      assert.equal(ed25519.verify(signature, message, publicKey, { zip215: false }), true);
      const elsewhere = verifiesElsewhere(publicKey, message, signature);
      assert.equal(elsewhere, order === 1);
      assert.equal(portable.verifyEd25519(publicKey, message, signature), elsewhere);
    }
  });

  it('verifies whatever was signed, and nothing that was changed', () => {
    for (let i = 0; i < 16; i++) {
      const seed = createHash('sha256').update(`seed ${i}`).digest();
      const message = Buffer.alloc(i * 7, i);
      const [publicKey, signature] = [ed25519.getPublicKey(seed), ed25519.sign(message, seed)];
      assert.equal(portable.verifyEd25519(publicKey, message, signature), true);
      const changed = signature.with((i * 5) % 64, signature[(i * 5) % 64]! ^ 1);
      assert.equal(portable.verifyEd25519(publicKey, message, changed), false);
    }
  });
});
