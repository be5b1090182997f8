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
  | { readonly blocksBehind: number }
  /** It says what is not so. */
  | { readonly lie: Lie };

/** What a node can say of a block or a transaction that is not so, each well-formed. */
export const LIES = {
  /** Events are left out of its index. */
  'hides logs': { eth_getLogs: () => [] },
  /** An event stands in its index twice, the second time with a word of its own. */
  'invents logs': {
    eth_getLogs: (logs: readonly RpcLog[]) =>
      logs.flatMap((log) => [log, { ...log, logIndex: '0x1', data: altered(log.data) }]),
  },
  'alters headers': {
    eth_getBlockByNumber: (block: { readonly timestamp: string }) => ({
      ...block,
      timestamp: `0x${(BigInt(block.timestamp) + 1n).toString(16)}`,
    }),
  },
  'calls mined transactions reverted': {
    eth_getTransactionReceipt: (receipt: object | null) => receipt && { ...receipt, status: '0x0' },
  },
  'alters receipts': {
    eth_getBlockReceipts: (receipts: readonly object[]) =>
      receipts.map((receipt) => ({ ...receipt, cumulativeGasUsed: '0x1' })),
  },
  'alters state proofs': {
    eth_getProof: (proof: { readonly accountProof: readonly string[] }) => ({
      ...proof,
      accountProof: proof.accountProof.map((node) => altered(node)),
    }),
  },
  'knows no receipts': { eth_getTransactionReceipt: () => null },
  'names other nonces': {
    eth_getTransactionCount: (count: string) => `0x${(BigInt(count) + 3n).toString(16)}`,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, (answer: never) => unknown>>>>;
export type Lie = keyof typeof LIES;

type RpcLog = { readonly data: string };

/** Another last byte. */
const altered = (hex: string): string => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;

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
    if (now === 'sound') return node.request(call);
    if ('blocksBehind' in now) return askBehind(call, now.blocksBehind);
    const lies: Readonly<Record<string, (answer: never) => unknown>> = LIES[now.lie];
    const answer = await node.request(call);
    return lies[call.method]?.(answer as never) ?? answer;
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
