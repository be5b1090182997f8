import { createPublicClient, http, type PublicClient } from 'viem';

const TIMEOUT_MS = 20_000;
const RETRIES = 2;
/** Longest pause between retries that a node may ask for; who asks for more is left to the worker's own pauses. */
const RETRY_AFTER_MS = 5_000;

/** A node that asks to be left alone for an hour would hold up the worker, and the stop of the service, for that long. */
const boundedRetryAfter: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const asked = response.headers.get('Retry-After');
  if (asked === null || 1_000 * Number(asked) <= RETRY_AFTER_MS) return response;
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  headers.delete('Retry-After');
  return new Response(body, { status, statusText, headers });
};

/**
 * A client of a chain's JSON-RPC. Nothing is cached: the follower must see each new head, and a
 * stale block number would hide a reorganisation.
 *
 * @example const client = createChainClient('http://127.0.0.1:8545')
 */
export const createChainClient = (url: string): PublicClient =>
  createPublicClient({
    transport: http(url, { timeout: TIMEOUT_MS, retryCount: RETRIES, fetchFn: boundedRetryAfter }),
    cacheTime: 0,
    pollingInterval: 250,
  });
