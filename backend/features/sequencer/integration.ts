import { concatAll, equal, fromHex, toHex } from '@gridseal/protocol/bytes';
import type { Primitives } from '@gridseal/protocol/primitives';
import type { Domain } from '@gridseal/protocol/statement/digest';
import { deadlineAfter } from '@gridseal/protocol/statement/receipt';
import { formatCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { formatNote, signNote, type NoteSigner } from '@gridseal/protocol/tlog/note';
import type { Database } from '../../adapters/postgres/database.ts';
import type { OperatorSigner } from '../ingest/types.ts';
import type { Chains } from './chains.ts';
import { SequencerError, TermLost } from './errors.ts';
import {
  readHead,
  replaceHead,
  sequenceBlocks,
  writeOperatorBlock,
  writeTiles,
  type LogHead,
} from './log-store.ts';
import { createOperatorAuthor, type AuthoredEntry } from './operator-author.ts';
import {
  declareTypes,
  recordBrokenLinks,
  stateEquivocations,
  stateGaps,
  stateIntents,
} from './operator-statements.ts';
import { readPending } from './pending.ts';
import { appendLeaves, rootOfEdge, type RightEdge } from './right-edge.ts';

/** The log at one size, as this process knows it. */
export type LogState = { readonly head: LogHead; readonly edge: RightEdge };

/** What the sequencer signs with and works by. */
export type IntegrationOptions = {
  readonly database: Database;
  readonly blockIds: { readonly next: () => Promise<bigint> };
  readonly primitives: Primitives;
  readonly domain: Domain;
  readonly operator: OperatorSigner;
  readonly note: NoteSigner;
  readonly gapWindowMs: number;
  readonly anchorDeadlineMs: number;
  readonly now: () => number;
};

/** Most statements of one transaction. */
const MAX_STATEMENTS = 16_384;

/** The signed note of a log state. */
export const signCheckpoint = (
  { origin, size, root }: { readonly origin: string; readonly size: bigint; readonly root: Uint8Array },
  note: NoteSigner,
): string => {
  const text = formatCheckpoint({ origin, size, root });
  return formatNote({ text, signatures: [signNote(text, note)] });
};

/**
 * Takes what is pending into the log, in one transaction: the order, the operator's own statements, tiles, and the signed
 * checkpoint, provided the head is still the one in `state`.
 *
 * @returns the new state; `state` itself when there was nothing to take in
 * @throws TermLost when another sequencer has taken over; SequencerError `edge-differs`; DatabaseError
 */
export const integrate = async (
  state: LogState,
  chains: Chains,
  options: IntegrationOptions,
): Promise<LogState> => {
  const { database, primitives, domain, operator, note } = options;
  requireEdge(state, primitives);
  const nowMs = options.now();
  const address = fromHex(operator.address, 'operator', 20);
  const deadline = deadlineAfter(BigInt(nowMs), BigInt(Math.ceil(options.anchorDeadlineMs / 1000)));

  return database.transaction(async (tx) => {
    const found = await readHead(tx);
    if (found?.term !== state.head.term || found.size !== state.head.size)
      throw new TermLost(`term ${state.head.term} ended`);
    const { head } = state;
    const authorOf = (chain: LogHead['operator']) =>
      createOperatorAuthor({ domain, signer: operator, epoch: head.epoch, chain, nowMs, primitives });
    const leaves: Uint8Array[] = [];
    const blocks: { readonly id: bigint; readonly leaves: Uint8Array }[] = [];
    let size = head.size;
    const append = (id: bigint, hashes: Uint8Array) => {
      leaves.push(hashes);
      blocks.push({ id, leaves: hashes });
      size += BigInt(hashes.length / 32);
    };
    const appendAuthored = async (entries: readonly AuthoredEntry[]) => {
      if (entries.length === 0) return;
      const id = await options.blockIds.next();
      await writeOperatorBlock(tx, id, entries, { address, epoch: head.epoch, nowMs, deadline });
      append(id, concatAll(entries.map(({ leaf }) => leaf)));
    };

    const declarations = authorOf(head.operator);
    await declareTypes(tx, declarations, indexFrom(size, head.operator.sequence));
    await appendAuthored(declarations.entries());

    const pending = await readPending(tx, MAX_STATEMENTS, primitives);
    for (const block of pending) append(block.id, block.leaves);
    const statements = pending.flatMap((block) => block.statements);
    await recordBrokenLinks(tx, await chains.link(tx, statements, nowMs));

    const notices = authorOf(declarations.chain());
    await stateEquivocations(tx, notices);
    stateGaps(notices, await chains.overdue(tx, nowMs - options.gapWindowMs), options.gapWindowMs);
    await stateIntents(tx, notices, indexFrom(size, declarations.chain().sequence));
    await appendAuthored(notices.entries());

    if (blocks.length === 0) return state;
    await sequenceBlocks(tx, blocks, head.size, head.term);
    const { edge, tiles } = appendLeaves(state.edge, concatAll(leaves), primitives);
    await writeTiles(tx, tiles, state.edge, edge);
    const root = rootOfEdge(edge, primitives);
    const checkpoint = signCheckpoint({ origin: head.origin, size: edge.size, root }, note);
    const after = { ...head, size: edge.size, root, checkpoint, operator: notices.chain() };
    await replaceHead(tx, head, after, nowMs);
    return { head: after, edge };
  });
};

/** Log index of the operator's statement with a sequence, when the one at `sequence` is at `index`. */
const indexFrom =
  (index: bigint, sequence: bigint) =>
  (of: bigint): bigint =>
    index + of - sequence;

/** @throws SequencerError `edge-differs` unless the right edge gives the root that was signed last */
export const requireEdge = ({ head, edge }: LogState, primitives: Primitives): void => {
  const root = rootOfEdge(edge, primitives);
  if (edge.size !== head.size || !equal(root, head.root))
    throw new SequencerError(
      'edge-differs',
      `${head.size} ${toHex(head.root)}`,
      `${edge.size} ${toHex(root)}`,
    );
};
