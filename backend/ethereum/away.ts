import { type BaseError, HttpRequestError, RpcRequestError, TimeoutError } from 'viem';

import { BlockError } from './errors.ts';

/** What a node answers when a call itself is at fault: waiting does not heal it. */
const REVERTED = 3;
const METHOD_MISSING = -32_601;

/**
 * Why a node could not be asked, in words without its address, which may hold an API key; `undefined` where the failure is
 * not about the node but about what was asked.
 */
export const nodeAwayBecause = (error: unknown): string | undefined => {
  if (error instanceof BlockError && error.code === 'BlockReplaced') return 'is between two blocks';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutError) return 'does not answer in time';
    if (cause instanceof HttpRequestError)
      return cause.status === undefined
        ? `cannot be reached${why(cause)}`
        : `answers with HTTP status ${cause.status}`;
    if (cause instanceof RpcRequestError)
      return cause.code === REVERTED || cause.code === METHOD_MISSING || /revert/iu.test(cause.details)
        ? undefined
        : `refuses with code ${cause.code}`;
  }
  return undefined;
};

/** The operating system's word for it, where there is one. */
const why = (error: BaseError): string => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return ` (${cause.code})`;
  return '';
};
