import { HttpRequestError, RpcRequestError, TimeoutError } from 'viem';

/** How many blocks a node is asked for the logs of at once, as it is found out from what it refuses. */
export type LogRange = {
  /** Blocks to ask for next. */
  readonly width: () => bigint;
  /**
   * Takes note of a failed request.
   *
   * @param asked blocks that it was about
   * @returns whether fewer blocks are to be asked for now; the failure is of another kind where not
   */
  readonly refused: (error: unknown, asked: bigint) => boolean;
  /** Takes note of a request that was answered. */
  readonly served: (asked: bigint) => void;
};

/** Full ranges that must be answered before a wider one is tried again; doubled each time that was in vain. */
const PATIENCE = { first: 32, most: 4_096 } as const;

/**
 * Finds the widest range a node answers. Providers refuse wide ranges with some twenty codes and texts, and with plain HTTP
 * statuses; so every answer that is a refusal halves the range, whatever it says. One that goes on down to a single block
 * is about something else: it is thrown, and the range is what it was.
 *
 * @param widest never exceeded; also where it begins
 */
export const createLogRange = (widest: bigint): LogRange => {
  let width = widest;
  /** Before the refusals under way; undefined while there are none. */
  let before: bigint | undefined;
  let full = 0;
  let patience: number = PATIENCE.first;

  return {
    width: () => width,
    refused: (error, asked) => {
      if (!isRefusal(error)) return false;
      if (asked <= 1n) {
        width = before ?? width;
        before = undefined;
        return false;
      }
      before ??= width;
      width = asked / 2n;
      return true;
    },
    served: (asked) => {
      if (before !== undefined) {
        if (before < widest) patience = Math.min(2 * patience, PATIENCE.most);
        before = undefined;
        full = 0;
        return;
      }
      if (width === widest || asked < width) return;
      full += 1;
      if (full < patience) return;
      full = 0;
      const wider = width + width / 4n + 1n;
      width = wider < widest ? wider : widest;
    },
  };
};

/** HTTP statuses and JSON-RPC codes that ask for fewer requests, not for smaller ones. */
const RATE_LIMITED: readonly number[] = [429, -32_007, -32_029];

/** Whether the node answered and would not serve the request, or took too long. One that is away has refused nothing. */
const isRefusal = (error: unknown): boolean => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutError) return true;
    // What is no JSON comes without its status.
    if (cause instanceof SyntaxError) return true;
    if (cause instanceof HttpRequestError && cause.status !== undefined)
      return !RATE_LIMITED.includes(cause.status);
    if (cause instanceof RpcRequestError) return !RATE_LIMITED.includes(cause.code);
    // What viem makes of a code carries it; its cause is the RpcRequestError where it came by HTTP.
    if ('code' in cause && typeof cause.code === 'number' && !(cause.cause instanceof RpcRequestError))
      return !RATE_LIMITED.includes(cause.code);
  }
  return false;
};
