import { equal, toHex } from '../bytes.ts';
import type { BlockHeader } from '../ethereum/block.ts';
import { secondsText } from './chain-layers.ts';
import type { ReadStatement } from './statement-layers.ts';
import { LayerFailure, type Remark } from './verdict.ts';

/** What a node that the caller trusts says of the block after which a statement claims to be signed. */
export type NotBeforeAnswer =
  | { readonly status: 'canonical'; /** Unix seconds. */ readonly timestamp: bigint }
  | { readonly status: 'refused'; readonly reason: string };

/** Times and blocks that a bundle states, as far as it could be read. Milliseconds; blocks by number. */
export type StatedTimes = {
  readonly deviceMs: bigint;
  readonly receiptMs: bigint;
  /** Of a batch: what its readings lie in. */
  readonly interval: { readonly startMs: bigint; readonly endMs: bigint } | undefined;
};

/** Clocks that differ by no more are said to agree. */
const TOLERANCE_MS = 5n * 60_000n;
/** What is later than the anchor's block by more cannot be an honest clock: that block was made of it. */
const IMPOSSIBLE_MS = 24n * 3_600_000n;
/** 2000-01-01 and 2100-01-01: what lies outside is a clock that was not set. */
const [EARLIEST_MS, LATEST_MS] = [946_684_800_000n, 4_102_444_800_000n];

const msText = (ms: bigint): string => secondsText(ms / 1000n);
const apart = (ms: bigint): string => `${ms / 1000n} s`;

/** The times that a statement and the operator's part of its entry state. */
export function statedTimes({ part, entry, kind, body }: ReadStatement): StatedTimes {
  const { startMs, endMs } = body;
  const isBatch = kind === 'TelemetryBatch' && typeof startMs === 'bigint' && typeof endMs === 'bigint';
  return {
    deviceMs: part.header.timeMs,
    receiptMs: entry.operatorPart.receiptTimeMs,
    interval: isBatch ? { startMs, endMs } : undefined,
  };
}

/** Whether the block after which a statement claims to be signed is known to be one of the chain. */
export function isNotBeforeProven(
  { header }: ReadStatement['part'],
  anchor: BlockHeader | undefined,
  answer: NotBeforeAnswer | undefined,
): boolean {
  if (header.notBeforeBlock === 0n) return false;
  if (answer?.status === 'canonical') return true;
  if (header.notBeforeBlock + 1n !== anchor?.number) return false;
  return equal(anchor.parentHash, header.notBeforeHash);
}

/**
 * Holds when nothing that a bundle says of times and blocks is impossible.
 *
 * @param anchor header of the anchor's block, where it could be read
 * @throws LayerFailure `BlockAhead`, `NotBeforeHash`, `AheadOfAnchor`
 */
export function checkTimes(
  statement: ReadStatement,
  anchor: BlockHeader | undefined,
  notBefore: NotBeforeAnswer | undefined,
): string {
  requireNotBefore(statement, anchor, notBefore);
  if (anchor === undefined) return 'there is no block to hold the times against';
  const { kind, body } = statement;
  if (kind === 'RegistryEvent' && typeof body.blockNumber === 'bigint' && body.blockNumber >= anchor.number)
    throw blockAhead('it tells of', body.blockNumber, anchor);
  const { deviceMs, receiptMs, interval } = statedTimes(statement);
  requireBefore(deviceMs, 'signed, by the clock of its author,', anchor);
  requireBefore(interval?.endMs, 'measured', anchor);
  requireBefore(receiptMs, "taken, by the operator's clock,", anchor);
  return `what it says of times does not contradict block ${anchor.number} of ${secondsText(anchor.timestamp)}`;
}

function requireNotBefore(
  { part }: ReadStatement,
  anchor: BlockHeader | undefined,
  answer: NotBeforeAnswer | undefined,
): void {
  const { notBeforeBlock: block, notBeforeHash: hash } = part.header;
  if (block === 0n) return;
  // A block names what went into it: nothing that knows its hash can be in it.
  if (anchor !== undefined && block >= anchor.number) throw blockAhead('it was signed after', block, anchor);
  if (answer?.status === 'refused')
    throw new LayerFailure('NotBeforeHash', answer.reason, { actual: toHex(hash) });
  if (block + 1n !== anchor?.number || equal(hash, anchor.parentHash)) return;
  throw new LayerFailure('NotBeforeHash', `block ${block} is not the one that it claims to be signed after`, {
    expected: toHex(anchor.parentHash),
    actual: toHex(hash),
  });
}

const blockAhead = (said: string, block: bigint, { number }: BlockHeader): LayerFailure =>
  new LayerFailure('BlockAhead', `${said} block ${block}, and was anchored in block ${number}`, {
    expected: `a block below ${number}`,
    actual: String(block),
  });

function requireBefore(timeMs: bigint | undefined, said: string, { timestamp, number }: BlockHeader): void {
  if (timeMs === undefined || timeMs <= timestamp * 1000n + IMPOSSIBLE_MS) return;
  const detail = `${said} at ${msText(timeMs)}, and block ${number} of ${secondsText(timestamp)} holds it already`;
  throw new LayerFailure('AheadOfAnchor', detail, {
    expected: `at most a day after ${secondsText(timestamp)}`,
    actual: msText(timeMs),
  });
}

/** What is odd about the times of a bundle and contradicts nothing. */
export function remarksOnTimes(
  statement: ReadStatement,
  anchor: BlockHeader | undefined,
  notBefore: NotBeforeAnswer | undefined,
): readonly Remark[] {
  const { deviceMs, receiptMs, interval } = statedTimes(statement);
  const remarks: Remark[] = [];
  const { header } = statement.part;
  if (header.notBeforeBlock !== 0n && !isNotBeforeProven(statement.part, anchor, notBefore)) {
    const detail = `that it was signed after block ${header.notBeforeBlock} is claimed, not checked`;
    remarks.push({ code: 'NotBeforeUnchecked', detail });
  }
  const unset = [deviceMs, interval?.startMs, interval?.endMs].find(
    (ms) => ms !== undefined && (ms < EARLIEST_MS || ms >= LATEST_MS),
  );
  if (unset !== undefined)
    remarks.push({ code: 'ClockUnset', detail: `the author's clock was not set: it says ${msText(unset)}` });
  const anchorMs = anchor === undefined ? undefined : anchor.timestamp * 1000n;
  const ahead = [receiptMs, anchorMs].flatMap((ms) =>
    ms !== undefined && deviceMs > ms + TOLERANCE_MS ? [deviceMs - ms] : [],
  );
  if (ahead.length > 0) {
    const most = ahead.reduce((a, b) => (a > b ? a : b));
    const detail = `the author's clock is ${apart(most)} ahead of what came after it`;
    remarks.push({ code: 'ClockAhead', detail });
  }
  if (interval !== undefined && interval.endMs > deviceMs + TOLERANCE_MS) {
    const detail = `its readings go on to ${apart(interval.endMs - deviceMs)} after it was signed, by the same clock`;
    remarks.push({ code: 'ReadingsAhead', detail });
  }
  if (anchorMs !== undefined && receiptMs > anchorMs + TOLERANCE_MS) {
    const detail = `the operator's clock is ${apart(receiptMs - anchorMs)} ahead of the anchor's block`;
    remarks.push({ code: 'ReceiptAhead', detail });
  }
  return remarks;
}
