import { equal, isZero, toHex, type Hex } from '@gridseal/protocol/bytes';
import type { Primitives } from '@gridseal/protocol/primitives';
import { decodeAuthorPart, MAX_AUTHOR_PART_LENGTH } from '@gridseal/protocol/statement/codec';
import { digest as digestOf, type Domain } from '@gridseal/protocol/statement/digest';
import { normaliseSignature } from '@gridseal/protocol/statement/signature';
import { KINDS, readStatement, type StatementOf } from '@gridseal/protocol/statement/types';
import { maxColumnarLength } from '@gridseal/protocol/payload/block';
import type { Header } from '@gridseal/protocol/statement/type-string';
import type { KeyDirectory, KeyStanding } from '../chain/types.ts';
import type { Admitted, Checked } from './candidate.ts';
import { refusal, toRefusal } from './refusal.ts';
import type { Refusal, Submission } from './types.ts';

/** What admission judges by. */
export type AdmissionRules = {
  readonly domain: Domain;
  readonly directory: KeyDirectory;
  /** Address of the log's operator: the sequencer alone writes its chain. */
  readonly operator: Hex;
  /** Blocks above a block before `notBeforeHash` must match it: newer ones may still be reorganised away. */
  readonly finalityDepth: bigint;
  readonly maxClockSkewMs: number;
  /** Whether an owner's devices may write. Anyone may enrol on a public chain, not everyone may fill this log. */
  readonly admits: (owner: Hex) => boolean;
  readonly now: () => number;
  readonly primitives: Primitives;
};

const DEVICE = 1;
const MAX_SEQUENCE = (1n << 63n) - 1n;

/**
 * Decides by what is in memory whether a statement may be made by its author here and now: form, kind, clock, the block it
 * claims to follow, and the author's key. Costs microseconds, so a stranger cannot buy signature checks with it.
 *
 * @example const checked = admit(submission, rules); if ('refused' in checked) report(checked.refused);
 */
export const admit = (submission: Submission, rules: AdmissionRules): Checked<Admitted> => {
  let digest: Uint8Array | undefined;
  try {
    if (submission.authorPart.length > MAX_AUTHOR_PART_LENGTH) {
      const message = `is ${submission.authorPart.length} bytes long, at most ${MAX_AUTHOR_PART_LENGTH} are taken`;
      return { refused: refusal('oversize', 'authorPart', message), digest };
    }
    const part = decodeAuthorPart(submission.authorPart);
    digest = digestOf(part, rules.domain, rules.primitives);
    const statement = readStatement(part, rules.primitives);
    const clock = refuseTimes(statement.header, rules);
    if (clock !== undefined) return { refused: clock, digest };
    if (toHex(statement.header.author) === rules.operator) {
      const message = 'is the operator, whose statements are authored by the log itself';
      return { refused: refusal('kind-not-accepted', 'header.author', message), digest };
    }
    const signature = normaliseSignature(part.signature);
    const common = {
      place: statement.header,
      previous: statement.header.previous,
      keyId: statement.header.keyId,
      digest,
      authorPart: withSignature(submission.authorPart, part.signature, signature),
      signature,
    };
    switch (statement.kind) {
      case 'TelemetryBatch': {
        const judged = judgeTelemetry(statement, submission, rules);
        if ('code' in judged) return { refused: judged, digest };
        return { passed: { ...common, kind: statement.kind, ...judged } };
      }
      case 'Reset': {
        const refused = refuseReset(statement, submission, rules);
        if (refused !== undefined) return { refused, digest };
        const { author } = statement.header;
        const claims = { ownKeyOf: author, reset: statement.body, lastGood: undefined, telemetry: undefined };
        return { passed: { ...common, kind: statement.kind, ...claims } };
      }
      default: {
        const message = `${statement.kind} is authored by the ${KINDS[statement.kind].author} only`;
        return { refused: refusal('kind-not-accepted', 'typeHash', message), digest };
      }
    }
  } catch (error) {
    return { refused: toRefusal(error), digest };
  }
};

const withSignature = (authorPart: Uint8Array, received: Uint8Array, signature: Uint8Array): Uint8Array => {
  if (signature === received) return authorPart;
  const bytes = authorPart.slice();
  bytes.set(signature, bytes.length - signature.length);
  return bytes;
};

const refuseTimes = (header: Header, rules: AdmissionRules): Refusal | undefined => {
  if (header.sequence > MAX_SEQUENCE)
    return refusal('malformed', 'header.sequence', `is above ${MAX_SEQUENCE}`);
  const ahead = Number(header.timeMs) - rules.now();
  if (ahead > rules.maxClockSkewMs) {
    const message = `is ${Math.ceil(ahead / 1000)} s ahead of the service, at most ${rules.maxClockSkewMs / 1000} s are taken`;
    return refusal('clock-skew', 'header.timeMs', message);
  }
  return refuseOtherChain(header, rules);
};

const refuseOtherChain = (header: Header, rules: AdmissionRules): Refusal | undefined => {
  if (isZero(header.notBeforeHash)) return undefined;
  const head = rules.directory.head();
  if (head === undefined || header.notBeforeBlock + rules.finalityDepth > head.number) return undefined;
  const expected = rules.directory.blockHash(header.notBeforeBlock);
  const actual = toHex(header.notBeforeHash);
  if (expected === undefined || expected === actual) return undefined;
  const message = `block ${header.notBeforeBlock} of chain ${rules.domain.chainId} has hash ${expected}, not ${actual}`;
  return refusal('wrong-chain', 'header.notBeforeHash', message);
};

const judgeTelemetry = (
  { header, body }: StatementOf<'TelemetryBatch'>,
  { payload }: Submission,
  rules: AdmissionRules,
): Refusal | Pick<Admitted, 'ownKeyOf' | 'reset' | 'lastGood' | 'telemetry'> => {
  const author = toHex(header.author);
  const standing = rules.directory.find(author, toHex(header.keyId));
  const refused =
    refuseTakenBack(author, 'header.keyId', rules) ??
    refuseStanding(standing, rules) ??
    refuseProfile(standing, body.profile);
  if (refused !== undefined) return refused;
  if (payload === undefined)
    return refusal('malformed', 'readings', 'a TelemetryBatch comes with its readings');
  const ahead = Number(body.endMs) - rules.now();
  if (ahead > rules.maxClockSkewMs)
    return refusal('clock-skew', 'body.endMs', `ends ${Math.ceil(ahead / 1000)} s in the future`);
  const limit = maxColumnarLength(body.count);
  if (payload.columnar.length > limit) {
    const message = `are ${payload.columnar.length} bytes long, at most ${limit} for ${body.count} readings`;
    return refusal('oversize', 'readings', message);
  }
  return {
    ownKeyOf: undefined,
    reset: undefined,
    lastGood: standing?.status === 'revoked' ? Buffer.from(standing.lastGood.slice(2), 'hex') : undefined,
    telemetry: {
      count: body.count,
      startMs: Number(body.startMs),
      endMs: Number(body.endMs),
      readingsRoot: body.readingsRoot,
      ...payload,
    },
  };
};

const NO_STATEMENT = `0x${'0'.repeat(64)}`;

const refuseTakenBack = (
  identity: Hex,
  field: string,
  { directory, domain }: AdmissionRules,
): Refusal | undefined => {
  if (!directory.takenBack().has(identity)) return undefined;
  const message = `cannot be judged: chain ${domain.chainId} took back what it held of ${identity} after it was final`;
  return refusal('key-pending', field, message);
};

const refuseStanding = (
  standing: KeyStanding | undefined,
  { domain, directory, admits }: AdmissionRules,
): Refusal | undefined => {
  if (standing === undefined) {
    const message = `is not enrolled for this author in the registry of chain ${domain.chainId}`;
    return refusal('key-unknown', 'header.keyId', message);
  }
  if (standing.purpose !== DEVICE)
    return refusal(
      'key-purpose',
      'header.keyId',
      `was enrolled for purpose ${standing.purpose}, not for a device`,
    );
  const owner = directory.ownerOf(standing.identity);
  if (!admits(owner))
    return refusal('owner-not-admitted', 'header.author', `belongs to ${owner}, whose devices are not taken`);
  if (standing.status === 'pending') {
    const message = `was enrolled in block ${standing.enrolledAt.number}, which is not final yet`;
    return refusal('key-pending', 'header.keyId', message);
  }
  if (standing.status === 'revoked' && standing.lastGood === NO_STATEMENT) {
    const message = `was revoked at ${standing.revokedAt}, and no statement was named as the last good one`;
    return refusal('key-revoked', 'header.keyId', message);
  }
  return undefined;
};

const refuseProfile = (standing: KeyStanding | undefined, profile: Uint8Array): Refusal | undefined => {
  const actual = toHex(profile);
  if (standing === undefined || standing.profile === actual) return undefined;
  return refusal(
    'profile-mismatch',
    'body.profile',
    `is ${actual}; the key was enrolled with ${standing.profile}`,
  );
};

const refuseReset = (
  { header, body }: StatementOf<'Reset'>,
  { payload }: Submission,
  rules: AdmissionRules,
): Refusal | undefined => {
  if (payload !== undefined) return refusal('malformed', 'readings', 'a Reset has no readings');
  const subject = toHex(body.subject);
  const takenBack = refuseTakenBack(subject, 'body.subject', rules);
  if (takenBack !== undefined) return takenBack;
  const owner = rules.directory.ownerOf(subject);
  if (toHex(header.author) !== owner)
    return refusal('key-unknown', 'header.author', `is not ${owner}, the owner of the identity`);
  if (equal(header.author, body.subject) && header.lane === body.lane && header.boot === body.boot)
    return refusal('malformed', 'header.boot', 'a Reset lies outside the boot that it opens');
  return undefined;
};
