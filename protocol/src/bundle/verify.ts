import { toHex, type Hex } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';
import type { Bundle } from './bundle.ts';
import { checkAnchor, checkAuthority, readHeader } from './chain-layers.ts';
import { checkCheckpoint, checkInclusion, readProof } from './log-layers.ts';
import {
  checkSignature,
  checkStatement,
  readBundleStatement,
  readDisclosed,
  type DisclosedReading,
  type ReadStatement,
} from './statement-layers.ts';
import type { Trust } from './trust.ts';
import { LAYERS, examine, type Finding, type LayerName, type LayerVerdict } from './verdict.ts';

/** How strict to be, and what the caller learned from a node of its own. */
export type VerifyOptions = {
  /** Layers the caller goes without. */
  readonly waive?: readonly LayerName[];
  /** Accepts authority, anchor and chain as "not checked" where no header is trusted. A failure stays a failure. */
  readonly offline?: boolean;
  /** Why a node that the caller trusts does not hold the anchor's block to be canonical. */
  readonly refusedBlock?: string;
};

/** Times of a statement, each with its own voucher. */
export type VerdictTimes = {
  /** The author's clock, Unix milliseconds. */
  readonly deviceMs: bigint;
  /** The operator's clock, Unix milliseconds. */
  readonly receiptMs: bigint;
  /** Time of the anchor's block, Unix seconds. */
  readonly anchorS: bigint | undefined;
  readonly anchorBlock: bigint | undefined;
  /** Block after which it was signed, as the author claims; undefined = not claimed. */
  readonly notBeforeBlock: bigint | undefined;
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
};

/** What became of every layer. `holds`: none fails, and each that is required passes or was waived. */
export type Verdict = {
  readonly holds: boolean;
  readonly layers: readonly LayerVerdict[];
  /** Undefined when the entry could not be read. */
  readonly summary: VerdictSummary | undefined;
};

const UNREAD: Finding = { status: 'not checked', detail: 'the statement could not be read' };
const CHAIN_LAYERS: readonly LayerName[] = ['authority', 'anchor', 'chain'];

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
  const findings: Record<LayerName, Finding> = {
    statement:
      statement === undefined ? failureOf(read) : passing(() => checkStatement(bundle, trust, statement)),
    signature: resting(statement, (value) => checkSignature(value, primitives)),
    authority: authorityOf(bundle, trust, statement, isTrustedBlock, primitives),
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
  };
  const layers = LAYERS.map((layer) => judge(layer, findings[layer], bundle, options));
  return {
    holds: layers.every((layer) => holds(layer, options)),
    layers,
    summary: statement && {
      ...summarise(bundle, statement, primitives),
      readings: disclosed !== undefined && 'value' in disclosed ? disclosed.value : [],
    },
  };
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
  bundle: Bundle,
  trust: Trust,
  statement: ReadStatement | undefined,
  isTrustedBlock: boolean,
  primitives: Primitives,
): Finding {
  if (statement === undefined) return UNREAD;
  const found = examine(() => checkAuthority(bundle, trust, statement, primitives));
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
  return trust.headers.includes(hash)
    ? { status: 'pass', detail: `block ${hash} is one that the verifier holds to be canonical` }
    : { status: 'not checked', detail: `nobody was asked whether block ${hash} is canonical` };
}

function judge(
  layer: LayerName,
  finding: Finding,
  bundle: Bundle,
  { waive = [] }: VerifyOptions,
): LayerVerdict {
  const required = layer !== 'readings' || bundle.readings !== null;
  return { layer, required, waived: waive.includes(layer), ...finding };
}

/** Whether a layer stands in the way of the whole. Only what is absent can be waived: what fails contradicts itself. */
function holds(
  { layer, status, required, waived, code }: LayerVerdict,
  { offline = false }: VerifyOptions,
): boolean {
  if (status === 'pass') return true;
  if (status === 'fail') return waived && code === 'Missing';
  return !required || waived || (offline && CHAIN_LAYERS.includes(layer));
}

function summarise(
  bundle: Bundle,
  statement: ReadStatement,
  primitives: Primitives,
): Omit<VerdictSummary, 'readings'> {
  const { header } = statement.part;
  const block = examine(() => (bundle.anchor === null ? undefined : readHeader(bundle.anchor, primitives)));
  const anchor = 'value' in block ? block.value : undefined;
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
    times: {
      deviceMs: header.timeMs,
      receiptMs: statement.entry.operatorPart.receiptTimeMs,
      anchorS: anchor?.timestamp,
      anchorBlock: anchor?.number,
      notBeforeBlock: header.notBeforeBlock === 0n ? undefined : header.notBeforeBlock,
    },
  };
}
