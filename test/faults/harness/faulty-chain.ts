import { createPublicClient, custom, http, TimeoutError, type PublicClient } from 'viem';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import type { Injector } from './injector.ts';

type Request = (call: { readonly method: string; readonly params?: unknown }) => Promise<unknown>;

/** How the node behind a client behaves at the moment of a call. */
export type NodeMood =
  | 'sound'
  /** It does not answer. */
  | 'silent'
  /** It answers as of some blocks ago, as one of several behind a balancer does; transactions reach the others. */
  | { readonly blocksBehind: number };

/** Calls that name the newest block, and where in their parameters. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getTransactionCount: 1,
  eth_getBalance: 1,
};

/** A client of a node whose transactions meet their fates, and whose mood changes. */
export const faultyChainClient = (url: string, injector: Injector, mood: () => NodeMood): PublicClient => {
  const node = http(url, { retryCount: 0 })({}) as unknown as { readonly request: Request };
  const lost = () => new TimeoutError({ body: { forced: 'by the test' }, url });

  /** The call as a node answers it that has not seen the last blocks yet. */
  const askBehind = async ({ method, params }: Parameters<Request>[0], blocks: number): Promise<unknown> => {
    const head = BigInt(String(await node.request({ method: 'eth_blockNumber' })));
    const seen = `0x${(head > BigInt(blocks) ? head - BigInt(blocks) : 0n).toString(16)}`;
    if (method === 'eth_blockNumber') return seen;
    const place = BLOCK_PARAMETER[method];
    const all = Array.isArray(params) ? [...(params as unknown[])] : [];
    if (place !== undefined && (all[place] === undefined || all[place] === 'latest')) all[place] = seen;
    return node.request({ method, params: all });
  };

  const request: Request = async (call) => {
    injector.requireAlive();
    const now = mood();
    if (now === 'silent') throw lost();
    if (call.method === 'eth_sendRawTransaction')
      return injector.write('chain: eth_sendRawTransaction', () => node.request(call), lost);
    return now === 'sound' ? node.request(call) : askBehind(call, now.blocksBehind);
  };
  return createPublicClient({
    transport: custom({ request }, { retryCount: 0 }),
    cacheTime: 0,
    pollingInterval: 50,
  });
};

/** A content store whose writes meet their fates. */
export const faultyContentStore = (store: ContentStore, injector: Injector): ContentStore => {
  const lost = () => new Error('forced by the test');
  return {
    importBlocks: (root, blocks) =>
      injector.write('content: import blocks', () => store.importBlocks(root, blocks), lost),
    putPinned: (cid, bytes) => injector.write('content: put pinned', () => store.putPinned(cid, bytes), lost),
    get: async (cid) => {
      injector.requireAlive();
      return store.get(cid);
    },
    getAll: async (cids) => {
      injector.requireAlive();
      return store.getAll(cids);
    },
  };
};
