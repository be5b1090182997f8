import { createPublicClient, custom, http, TimeoutError, type PublicClient } from 'viem';
import type { ContentStore } from '../../../backend/features/payloads/types.ts';
import type { Injector } from './injector.ts';

type Request = (call: { readonly method: string; readonly params?: unknown }) => Promise<unknown>;

/** A client of a node whose transactions meet their fates, and which `outage` keeps from answering at all. */
export const faultyChainClient = (url: string, injector: Injector, outage: () => boolean): PublicClient => {
  const node = http(url, { retryCount: 0 })({}) as unknown as { readonly request: Request };
  const lost = () => new TimeoutError({ body: { forced: 'by the test' }, url });
  const request: Request = async (call) => {
    injector.requireAlive();
    if (outage()) throw lost();
    if (call.method !== 'eth_sendRawTransaction') return node.request(call);
    return injector.write('chain: eth_sendRawTransaction', () => node.request(call), lost);
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
    importCar: (root, car) => injector.write('content: import CAR', () => store.importCar(root, car), lost),
    putPinned: (cid, bytes) => injector.write('content: put pinned', () => store.putPinned(cid, bytes), lost),
    get: async (cid) => {
      injector.requireAlive();
      return store.get(cid);
    },
  };
};
