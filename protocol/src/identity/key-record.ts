import { concat, fromBigInt, requireLength, toBigInt } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';

/** What a key may do. */
export type Purpose = 'device' | 'operator' | 'witness' | 'member';

/** What the registry says of one key of one identity. Times are block times in seconds. */
export type KeyRecord = {
  /** 0 = the key was never enrolled. */
  readonly validFrom: bigint;
  /** 0 = not revoked. */
  readonly revokedAt: bigint;
  readonly purpose: Purpose;
  readonly algorithm: 'secp256k1' | 'p256';
  /** SHA-256 of the profile document, 32 bytes. */
  readonly profile: Uint8Array;
  /** Digest of the last good statement, named by the revocation; zero = none. */
  readonly lastGood: Uint8Array;
};

const PURPOSES: readonly Purpose[] = ['device', 'operator', 'witness', 'member'];
const RECORD_ALGORITHMS = ['secp256k1', 'p256'] as const;
const ADDRESS_PADDING = new Uint8Array(12);
const MAPPING_SLOT = new Uint8Array(32);

/**
 * The three storage slots of a key record in DeviceRegistry, `mapping(address => mapping(bytes32 => KeyRecord))` at slot
 * 0, as `eth_getProof` takes them.
 *
 * @param identity 20 bytes
 * @throws ProtocolError `LengthMismatch`
 * @example const [times, profile, lastGood] = keyRecordSlots(identity, keyId)
 */
export function keyRecordSlots(
  identity: Uint8Array,
  keyId: Uint8Array,
  primitives: Primitives = portable,
): readonly [Uint8Array, Uint8Array, Uint8Array] {
  requireLength(identity, 20, 'identity');
  requireLength(keyId, 32, 'keyId');
  const ofIdentity = primitives.keccak256(concat(ADDRESS_PADDING, identity, MAPPING_SLOT));
  const base = primitives.keccak256(concat(keyId, ofIdentity));
  const first = toBigInt(base);
  return [base, slotAfter(first, 1n), slotAfter(first, 2n)];
}

/**
 * A key record from the words in its three slots; undefined when the key was never enrolled (all three zero).
 *
 * @param words 32 bytes each
 * @throws ProtocolError `LengthMismatch`; `NonCanonical` for words that the contract never writes
 */
export function decodeKeyRecord(words: readonly [Uint8Array, Uint8Array, Uint8Array]): KeyRecord | undefined {
  const [packed, profile, lastGood] = words;
  words.forEach((word, i) => requireLength(word, 32, `record[${i}]`));
  const bits = toBigInt(packed);
  if (bits === 0n && toBigInt(profile) === 0n && toBigInt(lastGood) === 0n) return undefined;
  const validFrom = BigInt.asUintN(64, bits);
  const revokedAt = BigInt.asUintN(64, bits >> 64n);
  const purpose = PURPOSES[Number(BigInt.asUintN(16, bits >> 128n)) - 1];
  const algorithm = RECORD_ALGORITHMS[Number(BigInt.asUintN(8, bits >> 144n)) - 1];
  if (validFrom === 0n || purpose === undefined || algorithm === undefined || bits >> 152n !== 0n) {
    throw new ProtocolError('NonCanonical', 'record[0]', { expected: 'a key record', actual: bits });
  }
  if (revokedAt === 0n && toBigInt(lastGood) !== 0n) {
    throw new ProtocolError('NonCanonical', 'record[2]', { expected: 'zero unless revoked' });
  }
  return { validFrom, revokedAt, purpose, algorithm, profile, lastGood };
}

function slotAfter(base: bigint, offset: bigint): Uint8Array {
  return fromBigInt(BigInt.asUintN(256, base + offset), 32, 'slot');
}
