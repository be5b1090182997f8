import type { Primitives } from '@gridseal/protocol/primitives';
import { parseNote, formatNote } from '@gridseal/protocol/tlog/note';
import type { Logger } from '../../adapters/logger/logger.ts';
import type { StepOutcome } from '../../worker/poller.ts';
import type { LogReader, PublishedHead } from '../log/types.ts';
import { WitnessError } from './errors.ts';
import type { CosignatureStore } from './store.ts';
import { submitCheckpoint } from './submit.ts';
import type { Cosignatures, Witness } from './types.ts';

/** How one witness fares. */
export type WitnessState = {
  readonly name: string;
  /** Size it cosigned last. */
  readonly size: bigint;
  /** Why its last cosignature is missing, and since when (Unix milliseconds). */
  readonly failing: { readonly error: WitnessError; readonly sinceMs: number } | undefined;
};

/** Brings published checkpoints to witnesses. */
export type WitnessWorker = {
  /** Asks every witness that is behind the published head, each on its own. */
  readonly step: () => Promise<StepOutcome>;
  readonly states: () => readonly WitnessState[];
};

/** A signature line as text, without its newline. */
const lineOf = (checkpoint: string, line: Parameters<typeof formatNote>[0]['signatures'][number]): string => {
  const { text } = parseNote(checkpoint);
  return formatNote({ text, signatures: [line] }).slice(text.length + 1, -1);
};

/**
 * Creates the worker. A witness that does not answer is asked again at the next step and keeps no other from signing.
 *
 * @param onAhead told when a witness cosigned more than was ever published here: the log must not be continued
 */
export const createWitnessWorker = (options: {
  readonly log: LogReader;
  readonly witnesses: readonly Witness[];
  readonly store: CosignatureStore;
  readonly cosignatures: Cosignatures;
  readonly primitives: Primitives;
  readonly timeoutMs: number;
  readonly holdsLease: () => Promise<boolean>;
  readonly now: () => number;
  readonly onAhead: (error: WitnessError) => void;
  readonly logger: Logger;
}): WitnessWorker => {
  const { log, store, witnesses, logger } = options;
  const states = new Map<Witness, WitnessState>(
    witnesses.map((witness) => [witness, { name: witness.key.name, size: 0n, failing: undefined }]),
  );

  /** A process before us may have shown the witness a newer head than the one we hold, but none that is not published. */
  const requirePublished = async ({ key }: Witness, size: bigint): Promise<void> => {
    const published = (await log.head())?.size ?? 0n;
    if (size > published)
      throw new WitnessError('ahead', key.name, `cosigned ${size}, and ${published} is published`);
  };

  /** One request, or two when we were wrong about where the witness stands. @returns whether it cosigned */
  const ask = async (witness: Witness, head: PublishedHead): Promise<boolean> => {
    let oldSize = await store.sizeOf(witness);
    for (;;) {
      if (oldSize > head.size) {
        await requirePublished(witness, oldSize);
        return false;
      }
      const path = oldSize === 0n ? [] : await log.consistencyProof(oldSize, head.size);
      const request = { oldSize, path, checkpoint: head.checkpoint };
      const answer = await submitCheckpoint(witness, request, options);
      if (answer.status === 'cosigned') {
        const line = lineOf(head.checkpoint, answer.line);
        await store.add(witness, { size: head.size, checkpoint: head.checkpoint, line });
        return true;
      }
      if (answer.size === oldSize)
        throw new WitnessError('refused', witness.key.name, `stands at ${oldSize} with another root`);
      oldSize = answer.size;
      await store.setSize(witness, oldSize);
    }
  };

  const visit = async (witness: Witness, head: PublishedHead): Promise<void> => {
    const before = states.get(witness);
    if (before === undefined || before.size >= head.size) return;
    try {
      if (!(await ask(witness, head))) return;
      if (before.failing !== undefined) logger.info({ witness: before.name }, 'the witness cosigns again');
      states.set(witness, { ...before, size: head.size, failing: undefined });
    } catch (error) {
      if (!(error instanceof WitnessError)) throw error;
      if (before.failing?.error.message !== error.message)
        logger.warn({ err: error, witness: before.name }, 'a witness did not cosign and will be asked again');
      states.set(witness, {
        ...before,
        failing: { error, sinceMs: before.failing?.sinceMs ?? options.now() },
      });
      if (error.code === 'ahead') options.onAhead(error);
    }
  };

  return {
    states: () => [...states.values()],
    step: async () => {
      if (!(await options.holdsLease())) return 'idle';
      const head = await log.head();
      if (head === undefined || head.size === 0n) return 'idle';
      await Promise.all(witnesses.map((witness) => visit(witness, head)));
      const newest = await options.cosignatures.newest();
      if (newest !== undefined) await store.forgetBelow(head.origin, newest.size);
      return 'idle';
    },
  };
};
