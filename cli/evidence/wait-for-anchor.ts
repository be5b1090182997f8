import type { Hex } from '@gridseal/protocol';
import { getReceipt, type StagedReceipt } from '@gridseal/sdk/actions/get-receipt';
import { SdkError } from '@gridseal/sdk/errors';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { answered } from '../service/refusal.ts';
import type { Progress, Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { durationText } from './duration.ts';
import { momentText } from './moment.ts';

const LOOK_MS = 500;
/** What has to be behind a statement before a bundle proves it; `cosigned` comes in between only where there are witnesses. */
const STEPS = ['accepted', 'sequenced', 'anchored'] as const;
const STEP_OF: Readonly<Record<StagedReceipt['stage'], number>> = {
  accepted: 1,
  sequenced: 2,
  cosigned: 2,
  anchored: 3,
  final: 3,
};

/** Seconds from the flag `--wait`. @throws UsageError */
export const waitMsOf = (text: string): number => {
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/u.test(text) && seconds <= 86_400) return seconds * 1_000;
  throw new UsageError(`--wait ${text}: expected seconds from 0 to 86400`);
};

/** How far a statement has come and until when the operator promised its anchor. @param nowMs Unix milliseconds */
export const waitingText = ({ stage, accepted, sequenced }: StagedReceipt, nowMs: number): string => {
  const promisedMs = BigInt(accepted.deadline) * 1_000n;
  const leftMs = Number(promisedMs) - nowMs;
  const place = sequenced === null ? 'acknowledged, not yet in the log' : `in the log at ${sequenced.index}`;
  const distance = leftMs >= 0 ? `in ${durationText(leftMs)}` : `${durationText(-leftMs)} ago`;
  return STEP_OF[stage] === STEPS.length
    ? `it is ${place} and anchored; the proofs of its anchor are being archived`
    : `it is ${place}, and no anchor covers it yet; the operator promised one by ${momentText(promisedMs)}, ${distance}`;
};

/**
 * Waits until an anchor covers a statement, showing how far it has come.
 *
 * @throws SdkError `not-found`, `unreachable`; `refused` when the time is over, saying how far it came and how long it can take
 */
export const waitForAnchor = async (options: {
  readonly client: GridsealClient;
  readonly terminal: Terminal;
  readonly digest: Hex;
  readonly waitMs: number;
}): Promise<StagedReceipt> => {
  const { client, terminal, digest, waitMs } = options;
  const look = () => answered({ url: client.url, digest }, getReceipt(client, { digest }));
  const until = Date.now() + waitMs;
  let bar: Progress | undefined;
  let shown = 0;
  try {
    for (;;) {
      const staged = await look();
      const step = STEP_OF[staged.stage];
      if (step === STEPS.length) return staged;
      if (Date.now() >= until)
        throw new SdkError('refused', `${digest} is not anchored yet: ${waitingText(staged, Date.now())}`, {
          retryable: true,
        });
      bar ??= terminal.progress('acknowledged, in the log, anchored', STEPS.length);
      bar.advance(step - shown);
      shown = step;
      await new Promise((wake) => setTimeout(wake, Math.min(LOOK_MS, Math.max(1, until - Date.now()))));
    }
  } finally {
    bar?.done();
  }
};
