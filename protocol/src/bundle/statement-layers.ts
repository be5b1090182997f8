import { fromHex, toHex, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseProfile, type ProfileChannel } from '../identity/profile.ts';
import type { Primitives } from '../primitives.ts';
import { verifyDisclosure } from '../readings/commitment.ts';
import type { Reading } from '../readings/reading.ts';
import { meaningOf } from '../readings/summary.ts';
import { decodeEntry, type AuthorPart, type Entry } from '../statement/codec.ts';
import { digest as digestOf, domainOf, type Domain } from '../statement/digest.ts';
import { verifySignature } from '../statement/signature.ts';
import { kindOf, readBody, readStatement, type KindName } from '../statement/types.ts';
import type { Bundle } from './bundle.ts';
import type { Trust } from './trust.ts';
import { trustedLog } from './log-layers.ts';
import { LayerFailure, examine } from './verdict.ts';

/** A bundle's statement, decoded. */
export type ReadStatement = {
  readonly entry: Entry;
  readonly part: AuthorPart;
  /** Undefined for a kind that this version does not know. */
  readonly kind: KindName | undefined;
  readonly body: { readonly [name: string]: unknown };
  readonly domain: Domain;
  readonly digest: Uint8Array;
};

/** Reads the statement of a bundle: the bytes are canonical for the type that the bundle names. */
export function readBundleStatement(bundle: Bundle, primitives: Primitives): ReadStatement {
  const entry = decodeEntry(fromHex(bundle.entry, 'entry'));
  const part = entry.authorPart;
  const body = readBody(part, bundle.type, primitives);
  const kind = kindOf(part.typeHash);
  if (kind !== undefined) readStatement(part, primitives);
  const { chainId, evidenceLog, logId } = bundle.domain;
  const domain = domainOf(
    { chainId: BigInt(chainId), evidenceLog: fromHex(evidenceLog), logId: fromHex(logId) },
    primitives,
  );
  return { entry, part, kind, body, domain, digest: digestOf(part, domain, primitives) };
}

/** Holds when the statement is for a chain, contract and log that are trusted. */
export function checkStatement(bundle: Bundle, trust: Trust, statement: ReadStatement): string {
  const { chainId, evidenceLog, logId } = bundle.domain;
  if (chainId !== trust.chainId) {
    throw new LayerFailure('ChainUntrusted', 'the statement is for another chain', {
      expected: trust.chainId,
      actual: chainId,
    });
  }
  if (evidenceLog !== trust.evidenceLog.address) {
    throw new LayerFailure('ContractUntrusted', 'the statement is for another contract', {
      expected: trust.evidenceLog.address,
      actual: evidenceLog,
    });
  }
  trustedLog(trust, logId);
  return `${statement.kind ?? bundle.type.split('(')[0] ?? 'statement'} ${toHex(statement.digest)}`;
}

/** Holds when the key that the statement names signed it. */
export function checkSignature({ part, digest }: ReadStatement, primitives: Primitives): string {
  const { algorithm } = verifySignature(
    { digest, signature: part.signature, keyId: part.header.keyId },
    primitives,
  );
  return `${algorithm === 'p256' ? 'P-256' : algorithm} signature of ${toHex(part.header.author)}`;
}

/** A reading and what its channel means; undefined where the profile, though it is the one cited, does not say. */
export type DisclosedReading = Reading & { readonly meaning: ProfileChannel | undefined };

/** The readings that a bundle discloses. Holds when each opens the batch's root, in ascending order. */
export function readDisclosed(
  bundle: Bundle,
  { kind, body }: ReadStatement,
  primitives: Primitives,
): DisclosedReading[] {
  if (bundle.readings === null) return [];
  const { readingsRoot: root, count, profile } = body;
  if (kind !== 'TelemetryBatch' || !(root instanceof Uint8Array) || !(profile instanceof Uint8Array)) {
    throw new LayerFailure('NothingCommitted', 'the statement commits to no readings');
  }
  const actual = toHex(primitives.sha256(utf8(bundle.readings.profile)));
  if (actual !== toHex(profile)) {
    throw new LayerFailure('ProfileMismatch', 'the profile is not the one that the statement cites', {
      expected: toHex(profile),
      actual,
    });
  }
  const channels = channelsOf(bundle.readings.profile);
  let last = -1n;
  return bundle.readings.disclosed.map(({ index, block, path }, i) => {
    const at = BigInt(index);
    const field = `readings.disclosed[${i}]`;
    if (at <= last) {
      throw new ProtocolError('NotAscending', `${field}.index`, { expected: `above ${last}`, actual: at });
    }
    last = at;
    const disclosure = {
      index: Number(at),
      block: fromHex(block, `${field}.block`, 64),
      path: path.map((hash) => fromHex(hash)),
    };
    const reading = verifyDisclosure({ root, count: Number(count), disclosure }, primitives);
    requireInside(reading, body);
    return { ...reading, meaning: meaningOf(reading.channel, channels) };
  });
}

/** A batch says in which time its readings lie, and each must. */
function requireInside({ timeMs, channel }: Reading, { startMs, endMs }: ReadStatement['body']): void {
  const isInside =
    typeof startMs === 'bigint' && typeof endMs === 'bigint' && timeMs >= startMs && timeMs <= endMs;
  if (isInside) return;
  throw new LayerFailure(
    'OutsideInterval',
    `a reading of channel ${channel} is not of the time of its batch`,
    {
      expected: `from ${String(startMs)} to ${String(endMs)} ms`,
      actual: `${timeMs} ms`,
    },
  );
}

/** The channels of a profile by number. A device may have cited what is no profile: its values then stay bare numbers. */
function channelsOf(document: string): ReadonlyMap<number, ProfileChannel> {
  const profile = examine(() => parseProfile(document));
  return new Map('value' in profile ? profile.value.channels.map((entry) => [entry.channel, entry]) : []);
}
