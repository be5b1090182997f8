import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeAuthorPart } from '@gridseal/protocol/statement/codec';
import { verifyEquivocation } from '@gridseal/protocol/statement/equivocation';
import { unsignedPart, type BodyOf } from '@gridseal/protocol/statement/types';
import { createTestDevice, signStatement, secp256k1Key, testDomain } from '../../setup/devices.ts';

/** A device forks its chain: the successor that is shown continues a statement that the log does not have. */
const fork = () => {
  const device = createTestDevice();
  const twin = createTestDevice(device.key);
  const [accepted, other] = [device.next(), twin.next()];
  const successor = twin.next();
  const body: BodyOf<'Equivocation'> = {
    subject: device.key.identity,
    lane: 0,
    boot: 0,
    sequence: 0n,
    acceptedDigest: accepted.digest,
    conflictingDigest: other.digest,
    conflicting: successor.authorPart,
  };
  return { device, body, accepted, twin };
};
const operator = secp256k1Key();
const state = (body: BodyOf<'Equivocation'>) => signStatement(operator, 'Equivocation', {}, body);

describe('an equivocation shown by a successor', () => {
  it('holds when the author signed the successor and it names another predecessor', () => {
    const { body, device } = fork();
    state(body);
    assert.deepEqual(
      Buffer.from(verifyEquivocation(body, testDomain).identity),
      Buffer.from(device.key.identity),
    );
  });

  it('is refused when the successor names another predecessor than the one stated', () => {
    const { body } = fork();
    const stated = { ...body, conflictingDigest: new Uint8Array(32).fill(5) };
    assert.throws(() => state(stated), { code: 'RuleViolated', field: 'body.conflicting' });
    assert.throws(() => verifyEquivocation(stated, testDomain), { code: 'DigestMismatch' });
  });

  it('is refused when the successor continues the accepted statement after all', () => {
    const { body, accepted, device } = fork();
    const honest = device.next();
    const stated = { ...body, conflicting: honest.authorPart, conflictingDigest: accepted.digest };
    assert.throws(() => state(stated), { code: 'RuleViolated', field: 'body.conflictingDigest' });
  });

  it('is refused when what is shown comes later, or from another chain', () => {
    const { body, twin } = fork();
    const later = { ...body, conflicting: twin.next().authorPart };
    assert.throws(() => state(later), { code: 'RuleViolated', field: 'body.conflicting' });
    assert.throws(() => state({ ...body, lane: 1 }), { code: 'RuleViolated', field: 'body.conflicting' });
  });

  it('is refused when the successor was not signed by its key', () => {
    const { body } = fork();
    const conflicting = body.conflicting.slice();
    conflicting[conflicting.length - 20]! ^= 1;
    assert.doesNotThrow(() => decodeAuthorPart(conflicting));
    assert.throws(() => verifyEquivocation({ ...body, conflicting }, testDomain));
    assert.doesNotThrow(() =>
      unsignedPart({ kind: 'Equivocation', header: decodeAuthorPart(conflicting).header, body }),
    );
  });
});
