import fc from 'fast-check';
import {
  encodeAuthorPart,
  KINDS,
  unsignedPart,
  type BodyOf,
  type Header,
  type KindName,
} from '../../../protocol/src/index.ts';
import { bytesOf, headers, u32, u64 } from '../arbitraries.ts';

const telemetry = fc.record(
  {
    profile: bytesOf(32),
    startMs: u64,
    endMs: u64,
    count: fc.integer({ min: 1, max: 65_536 }),
    readingsRoot: bytesOf(32),
    auxRoot: fc.constant(new Uint8Array(32)),
  },
  { noNullPrototype: true },
);

const telemetryBodies = telemetry.map((body) =>
  body.startMs <= body.endMs ? body : { ...body, startMs: body.endMs, endMs: body.startMs },
);

/** Bodies that keep the rules of their kind. */
export const bodies: { [Name in KindName]: fc.Arbitrary<BodyOf<Name>> } = {
  TypeDeclaration: fc.constantFrom(...Object.values(KINDS)).map(({ type }) => ({ declaration: type })),
  TelemetryBatch: telemetryBodies,
  Gap: fc.tuple(bytesOf(20), u32, u32, u64, u64, u64).map(([subject, lane, boot, one, other, windowMs]) => ({
    subject,
    lane,
    boot,
    firstSequence: one < other ? one : other,
    lastSequence: one < other ? other : one,
    windowMs,
  })),
  Equivocation: fc
    .tuple(headers, telemetryBodies, bytesOf(32), bytesOf(32), bytesOf(66))
    .map(([header, body, acceptedDigest, digest, signature]) => ({
      ...placeOf(header),
      acceptedDigest,
      conflictingDigest: digest.map((byte, i) => (i === 0 ? acceptedDigest[0]! ^ 1 : byte)),
      conflicting: encodeAuthorPart({ ...unsignedPart({ kind: 'TelemetryBatch', header, body }), signature }),
    })),
  Reset: fc.record(
    {
      subject: bytesOf(20),
      lane: u32,
      boot: fc.integer({ min: 1, max: 0xffff_ffff }),
      lastKnown: bytesOf(32),
    },
    { noNullPrototype: true },
  ),
  RegistryEvent: fc.record(
    {
      identity: bytesOf(20),
      keyId: bytesOf(32),
      change: fc.integer({ min: 1, max: 3 }),
      blockNumber: u64,
      blockHash: bytesOf(32),
      transactionHash: bytesOf(32),
      logIndex: u32,
    },
    { noNullPrototype: true },
  ),
  Erasure: fc.record(
    {
      erased: bytesOf(32),
      keyCommitment: bytesOf(32),
      reason: fc.string({ minLength: 1, unit: 'grapheme' }),
    },
    { noNullPrototype: true },
  ),
};

function placeOf({ author, lane, boot, sequence }: Header) {
  return { subject: author, lane, boot, sequence };
}
