import { generateKeyPairSync, randomBytes, sign as signWith } from 'node:crypto';
import { concat, fromHex, toHex, type Hex } from '@gridseal/protocol/bytes';
import { identityOf, keyIdOf, type PublicKey } from '@gridseal/protocol/identity/key';
import { blocksOf } from '@gridseal/protocol/readings/block';
import { encodeColumnar } from '@gridseal/protocol/readings/columnar';
import { commitBlocks } from '@gridseal/protocol/readings/commitment';
import type { Reading } from '@gridseal/protocol/readings/reading';
import { encodeAuthorPart } from '@gridseal/protocol/statement/codec';
import { digest as digestOf, domainOf, type Domain } from '@gridseal/protocol/statement/digest';
import { ALGORITHMS } from '@gridseal/protocol/statement/signature';
import type { Header } from '@gridseal/protocol/statement/type-string';
import { unsignedPart, type BodyOf, type KindName } from '@gridseal/protocol/statement/types';
import { createDigestSigner } from '../../backend/adapters/crypto/operator-signer.ts';
import type { BlockRef, KeyDirectory, KeyStanding } from '../../backend/features/chain/types.ts';
import type { Submission } from '../../backend/features/ingest/types.ts';

/** The domain of the log that tests write to. */
export const testDomain: Domain = domainOf({
  chainId: 31337n,
  evidenceLog: new Uint8Array(20).fill(0xe1),
  logId: new Uint8Array(32).fill(0x10),
});

export const TEST_PROFILE = new Uint8Array(32).fill(0x77);
export const NO_HASH = new Uint8Array(32);
/** A Saturday in 2026: device clocks and the service's agree on it. */
export const TEST_NOW = Date.UTC(2026, 10, 21, 12);

/** A key that signs statements: `signature` is encoded as docs/spec/identity.md says. */
export type TestKey = {
  readonly identity: Uint8Array;
  readonly keyId: Uint8Array;
  readonly algorithm: 'secp256k1' | 'p256';
  readonly sign: (digest: Uint8Array) => Uint8Array;
};

const keyOf = (key: PublicKey, sign: TestKey['sign']): TestKey => ({
  identity: identityOf(key),
  keyId: keyIdOf(key),
  algorithm: key.algorithm,
  sign,
});

/** A secp256k1 key, random unless given. */
export const secp256k1Key = (privateKey: Uint8Array = randomBytes(32)): TestKey => {
  const signer = createDigestSigner(privateKey);
  return keyOf({ algorithm: 'secp256k1', address: fromHex(signer.address) }, (digest) =>
    concat(Uint8Array.of(ALGORITHMS.secp256k1), signer.sign(digest)),
  );
};

/** A P-256 key that signs as secure elements do: its s-values are high as often as low. */
export const p256Key = (): TestKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]);
  return keyOf({ algorithm: 'p256', publicKey: point }, (digest) =>
    concat(
      Uint8Array.of(ALGORITHMS.p256),
      point,
      signWith('sha256', digest, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    ),
  );
};

/** A signed statement ready to be submitted, with its digest. */
export type SignedSubmission = Submission & { readonly digest: Uint8Array };

/** Signs a statement of any kind. */
export const signStatement = <Name extends KindName>(
  key: TestKey,
  kind: Name,
  header: Partial<Header>,
  body: BodyOf<Name>,
  payload?: Submission['payload'],
  domain: Domain = testDomain,
): SignedSubmission => {
  const whole: Header = {
    author: key.identity,
    keyId: key.keyId,
    lane: 0,
    boot: 0,
    sequence: 0n,
    previous: NO_HASH,
    timeMs: BigInt(TEST_NOW),
    notBeforeBlock: 0n,
    notBeforeHash: NO_HASH,
    ...header,
  };
  const part = unsignedPart({ kind, header: whole, body });
  const digest = digestOf(part, domain);
  return { authorPart: encodeAuthorPart({ ...part, signature: key.sign(digest) }), payload, digest };
};

/** Readings of one channel, a minute apart, ending before {@link TEST_NOW}. */
export const minuteReadings = (count: number, first = 100n): Reading[] =>
  Array.from({ length: count }, (_, i) => ({
    timeMs: BigInt(TEST_NOW - 60_000 * (count - i)),
    channel: 1,
    quality: 0,
    value: first + BigInt(i),
  }));

/** A device's own view of its chain: each batch continues the one before. */
export type TestDevice = {
  readonly key: TestKey;
  readonly next: (options?: {
    readonly readings?: readonly Reading[];
    readonly header?: Partial<Header>;
    readonly body?: Partial<BodyOf<'TelemetryBatch'>>;
    readonly domain?: Domain;
  }) => SignedSubmission;
};

/** A device at the start of its chain. */
export const createTestDevice = (key: TestKey = secp256k1Key(), lane = 0): TestDevice => {
  let sequence = 0n;
  let previous: Uint8Array = NO_HASH;
  return {
    key,
    next: ({ readings = minuteReadings(4), header = {}, body = {}, domain = testDomain } = {}) => {
      const batchKey = new Uint8Array(randomBytes(32));
      const blocks = blocksOf(readings);
      const { root } = commitBlocks({ blocks, batchKey });
      const times = readings.map(({ timeMs }) => timeMs).sort((a, b) => (a < b ? -1 : 1));
      const telemetry = {
        profile: TEST_PROFILE,
        startMs: times[0]!,
        endMs: times.at(-1)!,
        count: readings.length,
        readingsRoot: root,
        auxRoot: NO_HASH,
        ...body,
      };
      const payload = { batchKey, columnar: encodeColumnar(blocks) };
      const place = { lane, sequence, previous, ...header };
      const signed = signStatement(key, 'TelemetryBatch', place, telemetry, payload, domain);
      sequence = place.sequence + 1n;
      previous = signed.digest;
      return signed;
    },
  };
};

/** A registry in memory that tests change at will. */
export type TestDirectory = KeyDirectory & {
  readonly enrol: (key: TestKey, standing?: Partial<KeyStanding>) => void;
  readonly own: (identity: Uint8Array, owner: Uint8Array) => void;
  /** The chain takes back what it held of an identity, or holds it again. */
  readonly takeBack: (identity: Uint8Array, isTaken: boolean) => void;
};

export const createTestDirectory = (
  head: BlockRef = { number: 100n, hash: toHex(NO_HASH), time: 0n },
): TestDirectory => {
  const keys = new Map<string, KeyStanding>();
  const owners = new Map<Hex, Hex>();
  const takenBack = new Set<Hex>();
  return {
    find: (identity, keyId) => keys.get(identity + keyId),
    ownerOf: (identity) => owners.get(identity) ?? identity,
    head: () => head,
    blockHash: (number) => (number <= head.number ? `0x${number.toString(16).padStart(64, '0')}` : undefined),
    takenBack: () => takenBack,
    enrol: (key, standing = {}) => {
      const [identity, keyId] = [toHex(key.identity), toHex(key.keyId)];
      keys.set(identity + keyId, {
        identity,
        keyId,
        algorithm: ALGORITHMS[key.algorithm],
        purpose: 1,
        profile: toHex(TEST_PROFILE),
        status: 'active',
        validFrom: 1n,
        enrolledAt: { number: 1n, hash: toHex(NO_HASH), time: 1n },
        revokedAt: 0n,
        lastGood: toHex(NO_HASH),
        ...standing,
      });
    },
    own: (identity, owner) => void owners.set(toHex(identity), toHex(owner)),
    takeBack: (identity, isTaken) => void takenBack[isTaken ? 'add' : 'delete'](toHex(identity)),
  };
};
