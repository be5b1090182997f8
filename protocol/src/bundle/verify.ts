import { toHex, type Hex } from '../bytes.ts';
import type { BlockHeader } from '../ethereum/block.ts';
import { portable, type Primitives } from '../primitives.ts';
import type { Bundle } from './bundle.ts';
import { checkAnchor, checkAuthority, readHeader, type Authority } from './chain-layers.ts';
import { judgeClaims } from './claims.ts';
import { developmentOf } from './development.ts';
import { checkCheckpoint, checkInclusion, readProof } from './log-layers.ts';
import {
  checkSignature,
  checkStatement,
  readBundleStatement,
  readDisclosed,
  type DisclosedReading,
  type ReadStatement,
} from './statement-layers.ts';
import {
  checkTimes,
  isNotBeforeProven,
  remarksOnTimes,
  statedTimes,
  type NotBeforeAnswer,
  type StatedTimes,
} from './times.ts';
import type { Trust } from './trust.ts';
import {
  LAYERS,
  examine,
  outcomeOf,
  type Finding,
  type LayerName,
  type LayerVerdict,
  type Outcome,
  type Remark,
} from './verdict.ts';

/** How strict to be, and what the caller learned from a node of its own. */
export type VerifyOptions = {
  /** Layers the caller goes without. */
  readonly waive?: readonly LayerName[];
  /** Why a node that the caller trusts does not hold the anchor's block to be canonical. */
  readonly refusedBlock?: string;
  /** What such a node says of the block after which the statement claims to be signed. */
  readonly notBefore?: NotBeforeAnswer;
  /** Whether the file was another text than the bundle's one encoding ({@link readBundle} says so). */
  readonly isReformatted?: boolean;
};

/** Times of a statement, each with its own voucher. */
export type VerdictTimes = StatedTimes & {
  /** Time of the anchor's block, Unix seconds. */
  readonly anchorS: bigint | undefined;
  readonly anchorBlock: bigint | undefined;
  /** Block after which it was signed, as the author claims; undefined = not claimed. */
  readonly notBeforeBlock: bigint | undefined;
  /** Whether that block is known to be of the chain. */
  readonly isNotBeforeProven: boolean;
  /** Time of that block in Unix seconds, where a node told it. */
  readonly notBeforeS: bigint | undefined;
};

/** What a bundle says, as far as it could be read. */
export type VerdictSummary = {
  readonly kind: string;
  readonly digest: Hex;
  readonly author: Hex;
  readonly keyId: Hex;
  readonly lane: number;
  readonly boot: number;
  readonly sequence: bigint;
  readonly index: bigint | undefined;
  readonly times: VerdictTimes;
  readonly readings: readonly DisclosedReading[];
  /** How many readings a batch commits to. */
  readonly count: number | undefined;
  /** What the registry says of the key, where the bundle shows it. */
  readonly enrolment: Authority['enrolment'];
};

/** What became of every layer, what the whole comes to, and what is odd about it. */
export type Verdict = {
  readonly outcome: Outcome;
  /** Whether every required layer was checked and holds: `outcome` is `holds`. */
  readonly holds: boolean;
  readonly layers: readonly LayerVerdict[];
  readonly remarks: readonly Remark[];
  /** Undefined when the entry could not be read. */
  readonly summary: VerdictSummary | undefined;
};

const UNREAD: Finding = { status: 'not checked', detail: 'the statement could not be read' };
const NO_CLAIMS = { required: false, finding: UNREAD } as const;

/**
 * Judges a bundle by what the verifier trusts. Pure: asks nobody, reads no clock. Never throws for a decoded bundle; what
 * does not hold is a layer's failure.
 *
 * @example
 * const verdict = verify(decodeBundle(bytes), parseTrust(text))
 * if (!verdict.holds) console.log(verdict.layers.filter(({ status }) => status === 'fail'))
 */
export function verify(
  bundle: Bundle,
  trust: Trust,
  options: VerifyOptions = {},
  primitives: Primitives = portable,
): Verdict {
  const read = examine(() => readBundleStatement(bundle, primitives));
  const statement = 'value' in read ? read.value : undefined;
  const chain = checkChain(bundle, trust, options);
  const isTrustedBlock = chain.status === 'pass';
  const disclosed = statement && examine(() => readDisclosed(bundle, statement, primitives));
  const authority = statement && examine(() => checkAuthority(bundle, trust, statement, primitives));
  const block = examine(() => (bundle.anchor === null ? undefined : readHeader(bundle.anchor, primitives)));
  const anchor = 'value' in block ? block.value : undefined;
  const claims = claimsOf(statement, primitives);
  const findings: Record<LayerName, Finding> = {
    statement:
      statement === undefined ? failureOf(read) : passing(() => checkStatement(bundle, trust, statement)),
    signature: resting(statement, (value) => checkSignature(value, primitives)),
    authority: authorityOf(authority, isTrustedBlock),
    inclusion: passing(() => checkInclusion(bundle, primitives)),
    checkpoint: passing(() => checkCheckpoint(bundle, trust, primitives)),
    anchor: onTrustedBlock(
      passing(() => checkAnchor(bundle, trust, primitives)),
      isTrustedBlock,
    ),
    chain,
    readings:
      bundle.readings === null
        ? { status: 'not checked', detail: 'the bundle discloses no readings' }
        : readingsOf(statement, disclosed),
    times: resting(statement, (value) => checkTimes(value, anchor, options.notBefore)),
    claims: claims.finding,
  };
  const isRequired = (layer: LayerName): boolean =>
    layer === 'readings' ? bundle.readings !== null : layer !== 'claims' || claims.required;
  const { waive = [] } = options;
  const layers = LAYERS.map((layer): LayerVerdict => ({
    layer,
    required: isRequired(layer),
    waived: waive.includes(layer),
    ...findings[layer],
  }));
  const outcome = outcomeOf(layers);
  return {
    outcome,
    holds: outcome === 'holds',
    layers,
    remarks: [
      ...remarksOnFile(trust, options),
      ...(statement === undefined ? [] : remarksOnTimes(statement, anchor, options.notBefore)),
    ],
    summary: statement && {
      ...summarise(bundle, statement, anchor, options),
      readings: disclosed !== undefined && 'value' in disclosed ? disclosed.value : [],
      enrolment: authority !== undefined && 'value' in authority ? authority.value.enrolment : undefined,
    },
  };
}

function claimsOf(
  statement: ReadStatement | undefined,
  primitives: Primitives,
): ReturnType<typeof judgeClaims> {
  if (statement === undefined) return NO_CLAIMS;
  const judged = examine(() => judgeClaims(statement, primitives));
  return 'value' in judged ? judged.value : { required: true, finding: judged.failure };
}

function remarksOnFile(trust: Trust, { isReformatted = false }: VerifyOptions): readonly Remark[] {
  const development = developmentOf(trust);
  return [
    ...(isReformatted
      ? [
          {
            code: 'Reformatted' as const,
            detail: 'the file was reformatted since it was made; what it says is unchanged',
          },
        ]
      : []),
    ...(development === undefined
      ? []
      : [
          {
            code: 'DevelopmentKeys' as const,
            detail: `${development}: this says nothing about the real world`,
          },
        ]),
  ];
}

const passing = (check: () => string): Finding => {
  const found = examine(check);
  return 'value' in found ? { status: 'pass', detail: found.value } : found.failure;
};

const failureOf = (found: ReturnType<typeof examine>): Finding =>
  'failure' in found ? found.failure : { status: 'not checked', detail: '' };

const resting = (
  statement: ReadStatement | undefined,
  check: (statement: ReadStatement) => string,
): Finding => (statement === undefined ? UNREAD : passing(() => check(statement)));

const readingsOf = (
  statement: ReadStatement | undefined,
  disclosed: ReturnType<typeof examine<DisclosedReading[]>> | undefined,
): Finding => {
  if (statement === undefined || disclosed === undefined) return UNREAD;
  if (!('value' in disclosed)) return disclosed.failure;
  const { length } = disclosed.value;
  const detail = `${length} ${length === 1 ? 'reading' : 'readings'} of ${String(statement.body.count)} disclosed`;
  return { status: 'pass', detail };
};

const onTrustedBlock = (finding: Finding, isTrustedBlock: boolean): Finding =>
  finding.status === 'pass' && !isTrustedBlock
    ? { status: 'not checked', detail: `${finding.detail}; nothing shows yet that the block is canonical` }
    : finding;

function authorityOf(
  found: ReturnType<typeof examine<Authority>> | undefined,
  isTrustedBlock: boolean,
): Finding {
  if (found === undefined) return UNREAD;
  if (!('value' in found)) return found.failure;
  const { detail, byChain } = found.value;
  return onTrustedBlock({ status: 'pass', detail }, isTrustedBlock || !byChain);
}

function checkChain(bundle: Bundle, trust: Trust, { refusedBlock }: VerifyOptions): Finding {
  if (bundle.anchor === null) return { status: 'not checked', detail: 'the bundle has no anchor' };
  const { hash } = bundle.anchor.block;
  if (refusedBlock !== undefined) {
    return { status: 'fail', code: 'BlockNotCanonical', actual: hash, detail: refusedBlock };
  }
  if (trust.headers.includes(hash))
    return { status: 'pass', detail: `block ${hash} is one that the verifier holds to be canonical` };
  const { length } = trust.headers;
  if (length === 0)
    return { status: 'not checked', detail: `nobody was asked whether block ${hash} is canonical` };
  return {
    status: 'fail',
    code: 'BlockUntrusted',
    expected: trust.headers.slice(0, 3).join(' or ') + (length > 3 ? ` or ${length - 3} more` : ''),
    actual: hash,
    detail: `the trust pins ${length} ${length === 1 ? 'block' : 'blocks'}, and the anchor's is none of them`,
  };
}

function summarise(
  bundle: Bundle,
  statement: ReadStatement,
  anchor: BlockHeader | undefined,
  { notBefore }: VerifyOptions,
): Omit<VerdictSummary, 'readings' | 'enrolment'> {
  const { header } = statement.part;
  const { count } = statement.body;
  const proof = examine(() => readProof(bundle).proof);
  return {
    kind: statement.kind ?? bundle.type.slice(0, bundle.type.indexOf('(')),
    digest: toHex(statement.digest),
    author: toHex(header.author),
    keyId: toHex(header.keyId),
    lane: header.lane,
    boot: header.boot,
    sequence: header.sequence,
    index: 'value' in proof ? proof.value.index : undefined,
    count: statement.kind === 'TelemetryBatch' ? Number(count) : undefined,
    times: {
      ...statedTimes(statement),
      anchorS: anchor?.timestamp,
      anchorBlock: anchor?.number,
      notBeforeBlock: header.notBeforeBlock === 0n ? undefined : header.notBeforeBlock,
      isNotBeforeProven: isNotBeforeProven(statement.part, anchor, notBefore),
      notBeforeS: notBefore?.status === 'canonical' ? notBefore.timestamp : undefined,
    },
  };
}
