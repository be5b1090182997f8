import { concatHex, encodeAbiParameters, keccak256, numberToHex, type Hex } from 'viem';
import { log, logId, p256KeyId, p256Point, secpAddress, secpKeyId, seeded } from './fixture.ts';
import { sha256 } from './reference.ts';
import { cut, refusal, type Json, type Vector } from './vector.ts';

const ZERO: Hex = `0x${'00'.repeat(32)}`;

/** Storage slots of a key's record (docs/spec/identity.md). */
export function slots(identity: Hex, keyId: Hex): Hex[] {
  const outer = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [identity, 0n]));
  const base = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [keyId, outer]));
  return [0n, 1n, 2n].map((offset) => numberToHex(BigInt.asUintN(256, BigInt(base) + offset), { size: 32 }));
}

/** First slot of a record: fields from the least significant bits. */
function packed(fields: {
  validFrom: bigint;
  revokedAt: bigint;
  purpose: bigint;
  algorithm: bigint;
  rest?: bigint;
}): Hex {
  const { validFrom, revokedAt, purpose, algorithm, rest = 0n } = fields;
  const word = (((((rest << 8n) | algorithm) << 16n) | purpose) << 64n) | revokedAt;
  return numberToHex((word << 64n) | validFrom, { size: 32 });
}

const active = { validFrom: 1_767_225_600n, revokedAt: 0n, purpose: 1n, algorithm: 2n };
const revoked = { validFrom: 1_767_225_600n, revokedAt: 1_767_312_000n, purpose: 4n, algorithm: 1n };
const profile = seeded('profile');
const lastGood = seeded('last good');

function record(name: string, words: readonly Hex[], expected: Json): Vector {
  return { name, operation: 'key record', input: { words }, expected };
}

function refusedRecord(name: string, words: readonly Hex[], field: string): Vector {
  return refusal('key record', name, { words }, 'NonCanonical', field);
}

const channels = [
  { channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken from the grid', unit: 'Wh' },
  { channel: 2, quantity: 'state-of-charge', scale: -3, sign: '"0" 空 \\ "1" 满 \u001f', unit: '1' },
];
const document = (list: readonly object[]): string =>
  JSON.stringify({ channels: list, format: 'gridseal-profile/1' });

function refusedProfile(name: string, text: string, code: string, field: string): Vector {
  return refusal('profile', name, { document: text }, code, field);
}

function changed(name: string, change: object, code: string, field: string): Vector {
  return refusedProfile(
    name,
    document([{ ...channels[0]!, ...change }]),
    code,
    `profile.channels[0].${field}`,
  );
}

const published = document(channels);

export const identityVectors: readonly Vector[] = [
  { name: 'a log', operation: 'log id', input: log, expected: { logId } },
  refusal(
    'log id',
    'a chain beyond 256 bits',
    { ...log, chainId: String(2n ** 256n) },
    'OutOfRange',
    'chainId',
  ),
  refusal(
    'log id',
    'a creator of 19 bytes',
    { ...log, creator: cut(log.creator, 1) },
    'LengthMismatch',
    'creator',
  ),
  refusal('log id', 'a salt of 31 bytes', { ...log, salt: cut(log.salt, 1) }, 'LengthMismatch', 'salt'),
  {
    name: 'a secp256k1 key',
    operation: 'key id',
    input: { algorithm: 'secp256k1', address: secpAddress },
    expected: { keyId: secpKeyId, identity: secpAddress },
  },
  {
    name: 'a P-256 key',
    operation: 'key id',
    input: { algorithm: 'p256', publicKey: p256Point },
    expected: { keyId: p256KeyId, identity: cut(p256KeyId, 12) },
  },
  refusal(
    'key id',
    'a P-256 key with its prefix',
    { algorithm: 'p256', publicKey: concatHex(['0x04', p256Point]) },
    'LengthMismatch',
    'publicKey',
  ),
  refusal(
    'key id',
    'an address of 32 bytes',
    { algorithm: 'secp256k1', address: secpKeyId },
    'LengthMismatch',
    'address',
  ),
  ...[
    [secpAddress, secpKeyId],
    [cut(p256KeyId, 12), p256KeyId],
    [secpAddress, p256KeyId],
  ].map(([identity, keyId]): Vector => ({
    name: `slots of key ${keyId!.slice(0, 10)}… of ${identity!.slice(0, 10)}…`,
    operation: 'key record slots',
    input: { identity: identity!, keyId: keyId! },
    expected: { slots: slots(identity!, keyId!) },
  })),
  record('an active device key', [packed(active), profile, ZERO], {
    validFrom: '1767225600',
    revokedAt: '0',
    purpose: 'device',
    algorithm: 'p256',
    profile,
    lastGood: ZERO,
  }),
  record('a revoked member key', [packed(revoked), profile, lastGood], {
    validFrom: '1767225600',
    revokedAt: '1767312000',
    purpose: 'member',
    algorithm: 'secp256k1',
    profile,
    lastGood,
  }),
  record('no record', [ZERO, ZERO, ZERO], null),
  refusedRecord(
    'revoked but never valid',
    [packed({ ...revoked, validFrom: 0n }), profile, lastGood],
    'record[0]',
  ),
  refusedRecord('purpose 0', [packed({ ...active, purpose: 0n }), profile, ZERO], 'record[0]'),
  refusedRecord('purpose 5', [packed({ ...active, purpose: 5n }), profile, ZERO], 'record[0]'),
  refusedRecord('algorithm 0', [packed({ ...active, algorithm: 0n }), profile, ZERO], 'record[0]'),
  refusedRecord('algorithm 3', [packed({ ...active, algorithm: 3n }), profile, ZERO], 'record[0]'),
  refusedRecord('bits above the fields', [packed({ ...active, rest: 1n }), profile, ZERO], 'record[0]'),
  refusedRecord('a last good digest without revocation', [packed(active), profile, lastGood], 'record[2]'),
  {
    name: 'a profile of two channels',
    operation: 'profile',
    input: { document: published },
    expected: { profile: sha256(`0x${Buffer.from(published).toString('hex')}`), channels },
  },
  refusedProfile('not JSON', '{', 'InvalidJson', 'profile'),
  refusedProfile(
    'another format',
    published.replace('profile/1', 'profile/2'),
    'InvalidJson',
    'profile.format',
  ),
  refusedProfile('a list', '[]', 'InvalidJson', 'profile.format'),
  refusedProfile('null', 'null', 'InvalidJson', 'profile.format'),
  refusedProfile(
    'a channel that is null',
    '{"channels":[null],"format":"gridseal-profile/1"}',
    'InvalidJson',
    'profile.channels[0].channel',
  ),
  refusedProfile('no channels', '{"format":"gridseal-profile/1"}', 'InvalidJson', 'profile.channels'),
  refusedProfile('an empty list of channels', document([]), 'OutOfRange', 'profile.channels'),
  refusedProfile('a space', published.replace(':', ': '), 'NonCanonical', 'profile'),
  refusedProfile('a line break at the end', `${published}\n`, 'NonCanonical', 'profile'),
  refusedProfile(
    'members in another order',
    JSON.stringify({ format: 'gridseal-profile/1', channels }),
    'NonCanonical',
    'profile',
  ),
  refusedProfile(
    'an escape that is not needed',
    published.replace('Wh', '\\u0057h'),
    'NonCanonical',
    'profile',
  ),
  refusedProfile(
    'a number in a longer form',
    published.replace('"channel":1', '"channel":1.0'),
    'NonCanonical',
    'profile',
  ),
  refusedProfile(
    'a member twice',
    published.replace('{"channel":1', '{"channel":9,"channel":1'),
    'NonCanonical',
    'profile',
  ),
  refusedProfile(
    'an unknown member',
    document([{ ...channels[0]!, vendor: 'x' }]),
    'NonCanonical',
    'profile',
  ),
  refusedProfile(
    'a channel twice',
    document([channels[0]!, channels[0]!]),
    'NotAscending',
    'profile.channels[1]',
  ),
  refusedProfile(
    'channels going back',
    document([...channels].reverse()),
    'NotAscending',
    'profile.channels[1]',
  ),
  changed('a negative channel', { channel: -1 }, 'OutOfRange', 'channel'),
  changed('a channel as text', { channel: '1' }, 'InvalidJson', 'channel'),
  changed('a quantity in upper case', { quantity: 'Energy' }, 'OutOfRange', 'quantity'),
  changed('an empty unit', { unit: '' }, 'OutOfRange', 'unit'),
  changed('a fractional scale', { scale: 0.5 }, 'OutOfRange', 'scale'),
  changed('a scale of 19', { scale: 19 }, 'OutOfRange', 'scale'),
  changed('no sign convention', { sign: undefined }, 'InvalidJson', 'sign'),
  refusedProfile(
    'a lone surrogate',
    published.replace('Wh', '\\ud800'),
    'OutOfRange',
    'profile.channels[0].unit',
  ),
  refusedProfile('longer than a profile may be', ' '.repeat(65_537), 'TooLong', 'profile'),
];
