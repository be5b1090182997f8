import { ProtocolError, type ProtocolErrorCode } from '../errors.ts';
import { MerkleError, type MerkleErrorCode } from '../merkle/errors.ts';
import { TlogError, type TlogErrorCode } from '../tlog/errors.ts';

/** Layers of a verdict, in the order in which one rests on another. */
export const LAYERS = [
  'statement',
  'signature',
  'authority',
  'inclusion',
  'checkpoint',
  'anchor',
  'chain',
  'readings',
  'times',
  'claims',
] as const;
export type LayerName = (typeof LAYERS)[number];

/** Reasons of the verifier's own. With those of the formats the list is closed. */
export const LAYER_CODES = [
  'Missing',
  'ChainUntrusted',
  'ContractUntrusted',
  'LogUntrusted',
  'NoteKeyUntrusted',
  'SignatureLine',
  'QuorumMissing',
  'OriginMismatch',
  'HeaderHash',
  'ReceiptNotProven',
  'TransactionFailed',
  'EventMissing',
  'CodeHash',
  'BlockNotCanonical',
  'BlockUntrusted',
  'KeyUnknown',
  'KeyRevoked',
  'LineageBroken',
  'PurposeMismatch',
  'ProfileMismatch',
  'NothingCommitted',
  'AuthorMismatch',
  'OutsideInterval',
  'BlockAhead',
  'NotBeforeHash',
  'AheadOfAnchor',
  'Unreadable',
] as const;
export type LayerCode = (typeof LAYER_CODES)[number];
export type VerdictCode = LayerCode | ProtocolErrorCode | MerkleErrorCode | TlogErrorCode;

/**
 * What is odd about a bundle and contradicts nothing (docs/spec/bundle.md). The list is closed.
 *
 * - `Reformatted`: the file is not the one encoding of what it says; white space, order or escapes differ.
 * - `DevelopmentKeys`: the trust is of a chain or of keys that are public: it says nothing about the real world.
 * - `NotBeforeUnchecked`: the block after which the author claims to have signed was not looked up.
 * - `ClockUnset`: a time before 2000 or from 2100 on: the clock was not set.
 * - `ClockAhead`: the author's clock is ahead of the operator's or of the anchor's block.
 * - `ReadingsAhead`: the readings are of a time after the author's own time of signing.
 * - `ReceiptAhead`: the operator's clock is ahead of the anchor's block.
 */
export const REMARK_CODES = [
  'Reformatted',
  'DevelopmentKeys',
  'NotBeforeUnchecked',
  'ClockUnset',
  'ClockAhead',
  'ReadingsAhead',
  'ReceiptAhead',
] as const;
export type RemarkCode = (typeof REMARK_CODES)[number];

/** One remark; `detail` is one sentence for a person. */
export type Remark = { readonly code: RemarkCode; readonly detail: string };

/**
 * What the layers come to. `holds`: every required layer was checked and holds. `incomplete`: nothing fails, and a required
 * layer was not checked, or is missing and was waived. `fails`: a layer fails, or one that is required is missing.
 */
export type Outcome = 'holds' | 'incomplete' | 'fails';

/** Longest text of a verdict that is shown whole. */
const MAX_TEXT = 1024;

/** What became of one layer. */
export type LayerVerdict = {
  readonly layer: LayerName;
  readonly status: 'pass' | 'fail' | 'not checked';
  /** Whether the kind and the trust demand it. */
  readonly required: boolean;
  /** Whether the caller asked to go without it. */
  readonly waived: boolean;
  readonly code?: VerdictCode;
  readonly expected?: string;
  readonly actual?: string;
  /** One sentence for a person. */
  readonly detail: string;
};

/** A layer's finding before it is held against what is required. */
export type Finding =
  | { readonly status: 'pass' | 'not checked'; readonly detail: string }
  | {
      readonly status: 'fail';
      readonly code: VerdictCode;
      readonly expected?: string;
      readonly actual?: string;
      readonly detail: string;
    };

/** Whether a layer refutes the whole. Only what is absent can be waived: what fails contradicts itself. */
const refutes = ({ status, waived, code }: LayerVerdict): boolean =>
  status === 'fail' && !(waived && code === 'Missing');

/** The required layers that were not checked, or that are missing and were waived, in order. */
export function uncheckedLayers(layers: readonly LayerVerdict[]): readonly LayerVerdict[] {
  return layers.filter((layer) => layer.required && layer.status !== 'pass' && !refutes(layer));
}

/** What layers come to. @example outcomeOf(verdict.layers) === verdict.outcome */
export function outcomeOf(layers: readonly LayerVerdict[]): Outcome {
  if (layers.some(refutes)) return 'fails';
  return uncheckedLayers(layers).length > 0 ? 'incomplete' : 'holds';
}

/** Ends a layer with a failure. Never leaves the verifier. */
export class LayerFailure extends Error {
  override readonly name = 'LayerFailure';
  readonly code: LayerCode;
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(code: LayerCode, detail: string, values: { expected?: string; actual?: string } = {}) {
    super(detail);
    this.code = code;
    this.expected = values.expected;
    this.actual = values.actual;
  }
}

/** What a check of a layer comes to: its value when it holds, and a failure otherwise. */
export function examine<T>(check: () => T): { readonly value: T } | { readonly failure: Finding } {
  try {
    return { value: check() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Finding {
  if (error instanceof LayerFailure || error instanceof ProtocolError || error instanceof MerkleError) {
    const { code, expected, actual, message } = error;
    return {
      status: 'fail',
      code,
      detail: clip(message),
      ...(expected === undefined ? {} : { expected: clip(String(expected)) }),
      ...(actual === undefined ? {} : { actual: clip(String(actual)) }),
    };
  }
  if (error instanceof TlogError) return { status: 'fail', code: error.code, detail: clip(error.message) };
  // A primitive refused bytes that no check of ours had refused before it.
  return {
    status: 'fail',
    code: 'Unreadable',
    detail: clip(error instanceof Error ? error.message : String(error)),
  };
}

/** A verdict is for people and terminals: what a bundle says at length is cut. */
function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}
