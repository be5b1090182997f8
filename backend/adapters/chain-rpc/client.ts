import { createPublicClient, http, type PublicClient } from 'viem';

const TIMEOUT_MS = 20_000;
const RETRIES = 2;

/**
 * A client of a chain's JSON-RPC. Nothing is cached: the follower must see each new head, and a
 * stale block number would hide a reorganisation.
 *
 * @example const client = createChainClient('http://127.0.0.1:8545')
 */
export const createChainClient = (url: string): PublicClient =>
  createPublicClient({
    transport: http(url, { timeout: TIMEOUT_MS, retryCount: RETRIES }),
    cacheTime: 0,
    pollingInterval: 250,
  });
