import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  ALGORITHMS,
  concat,
  keyIdOf,
  normaliseSignature,
  ProtocolError,
  verifySignature,
  type ProtocolErrorCode,
} from '../../protocol/src/index.ts';

// Project Wycheproof, ECDSA on P-256 with SHA-256, signatures r ‖ s. Its verdict is that of plain ECDSA; ours differs in one
// rule. Ingest first brings s into the lower half, which changes no verdict; a verifier refuses an upper-half s outright.
//
// | case                            | ingest (normalise, then verify) | verifier (as received) |
// | valid, s in the lower half      | accepted                        | accepted               |
// | valid, s in the upper half      | accepted                        | HighS                  |
// | invalid, not 64 bytes           | LengthMismatch                  | LengthMismatch         |
// | invalid, r or s not in [1, n−1] | OutOfRange                      | OutOfRange             |
// | invalid, s in the lower half    | SignatureMismatch               | SignatureMismatch      |
// | invalid, s in the upper half    | SignatureMismatch               | HighS                  |
type Class = 'valid low' | 'valid high' | 'invalid length' | 'invalid range' | 'invalid low' | 'invalid high';
type Outcome = 'accepted' | ProtocolErrorCode;

const OUTCOMES: { readonly [Name in Class]: { ingest: Outcome; verifier: Outcome } } = {
  'valid low': { ingest: 'accepted', verifier: 'accepted' },
  'valid high': { ingest: 'accepted', verifier: 'HighS' },
  'invalid length': { ingest: 'LengthMismatch', verifier: 'LengthMismatch' },
  'invalid range': { ingest: 'OutOfRange', verifier: 'OutOfRange' },
  'invalid low': { ingest: 'SignatureMismatch', verifier: 'SignatureMismatch' },
  'invalid high': { ingest: 'SignatureMismatch', verifier: 'HighS' },
};

type Case = { tcId: number; comment: string; msg: string; sig: string; result: 'valid' | 'invalid' };
type Group = { publicKey: { uncompressed: string }; publicKeyPem: string; tests: Case[] };
type Suite = { numberOfTests: number; testGroups: Group[] };

const path = '../../../shared/vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json';
const suite = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Suite;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

describe('wycheproof P-256 through the device-signature path', () => {
  const counts = new Map<Class, number>();
  for (const { publicKey, publicKeyPem, tests } of suite.testGroups) {
    const key = Buffer.from(publicKey.uncompressed, 'hex').subarray(1);
    for (const { tcId, comment, msg, sig, result } of tests) {
      const message = Buffer.from(msg, 'hex');
      const received = Buffer.from(sig, 'hex');
      const name = classOf(result, received);
      counts.set(name, (counts.get(name) ?? 0) + 1);

      it(`${tcId} ${comment}: ${name}`, () => {
        const signature = concat(Uint8Array.of(ALGORITHMS.p256), key, received);
        assert.equal(outcomeOf(key, message, normaliseSignature(signature)), OUTCOMES[name].ingest);
        assert.equal(outcomeOf(key, message, signature), OUTCOMES[name].verifier);
        const pem = { key: createPublicKey(publicKeyPem), dsaEncoding: 'ieee-p1363' } as const;
        assert.equal(verify('sha256', message, pem, received), OUTCOMES[name].ingest === 'accepted');
      });
    }
  }

  it('runs every case of the suite, some of each class', () => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(total, suite.numberOfTests);
    assert.deepEqual([...counts.keys()].sort(), Object.keys(OUTCOMES).sort());
  });
});

function outcomeOf(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): Outcome {
  try {
    verifySignature({ digest, signature, keyId: keyIdOf({ algorithm: 'p256', publicKey }) });
    return 'accepted';
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

function classOf(result: Case['result'], signature: Buffer): Class {
  if (signature.length !== 64) return 'invalid length';
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((half) =>
    BigInt(`0x${half.toString('hex')}`),
  );
  if (r === 0n || s === 0n || r! >= ORDER || s! >= ORDER) return 'invalid range';
  return `${result} ${s! > ORDER / 2n ? 'high' : 'low'}`;
}
