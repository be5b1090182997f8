import type { Hex } from '@gridseal/protocol';
import type { HealthProbe } from '../health/types.ts';
import type { PollerState } from '../../worker/poller.ts';
import type { Follower } from './follower.ts';
import { describeFunds, type Outbox } from './outbox.ts';
import type { KeyDirectory } from './types.ts';

/** Failures in a row after which the chain counts as out of reach. */
const FAILING_AFTER = 5;

/**
 * The chain part of `/health`: how far the follower is behind the head it saw, and whether the RPC
 * answers at all.
 */
export const createChainProbe = (options: {
  readonly follower: Pick<Follower, 'chainHead'>;
  readonly directory: KeyDirectory;
  readonly poller: { readonly state: () => PollerState };
}): HealthProbe => ({
  part: 'chain',
  check: () => {
    const { consecutiveFailures, lastError } = options.poller.state();
    const seen = options.follower.chainHead();
    const applied = options.directory.head();
    const takenBack = options.directory.takenBack();
    const lagBlocks = Number((seen?.number ?? 0n) - (applied?.number ?? 0n));
    const status =
      consecutiveFailures >= FAILING_AFTER
        ? 'failing'
        : consecutiveFailures > 0 || lagBlocks > 8 || takenBack.size > 0
          ? 'degraded'
          : 'ok';
    const detail =
      consecutiveFailures > 0 ? lastError?.message : takenBack.size > 0 ? saying(takenBack) : undefined;
    return {
      status,
      ...(detail === undefined ? {} : { detail }),
      figures: {
        headBlock: Number(applied?.number ?? 0n),
        lagBlocks,
        consecutiveFailures,
        identitiesTakenBack: takenBack.size,
      },
    };
  },
});

const saying = (takenBack: ReadonlySet<Hex>): string => {
  const [first, ...others] = takenBack;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return (
    `the chain took back what it held of ${first}${more} after it was final; their statements are refused until the ` +
    'registry is told again (docs/guide/recovery.md)'
  );
};

/** Attempts in a row that could not be paid for, from which on it is said. */
const UNPAID_FROM = 2;
/** Transactions that the balance should be good for. */
const RESERVE = 10n;

/**
 * The part of `/health` of an account that pays for transactions: degraded when they cannot be paid for, and before that
 * when the balance is nearly used up.
 */
export const createAccountProbe = (part: string, outbox: Pick<Outbox, 'account' | 'funds'>): HealthProbe => ({
  part,
  check: () => {
    const funds = outbox.funds();
    const { balance, need, unpaid } = funds;
    const figures = {
      ...(balance === undefined ? {} : { balanceWei: Number(balance) }),
      ...(need === undefined ? {} : { needWei: Number(need) }),
      unpaidAttempts: unpaid,
    };
    const said = describeFunds(outbox.account, funds);
    if (unpaid >= UNPAID_FROM)
      return { status: 'degraded', detail: `${said}; nothing is sent to the chain until then`, figures };
    const isLow = balance !== undefined && need !== undefined && balance < RESERVE * need;
    return isLow ? { status: 'degraded', detail: said, figures } : { status: 'ok', figures };
  },
});
