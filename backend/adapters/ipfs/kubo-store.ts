import { create } from 'kubo-rpc-client';
import type { CID } from 'multiformats/cid';
import { carOf } from '../../content/dag.ts';
import type { ContentStore } from '../../features/payloads/types.ts';

/** Why a Kubo node did not do what it was asked. */
export class KuboError extends Error {
  readonly code: 'not-pinned' | 'cid-differs';
  readonly cid: string;

  constructor(code: KuboError['code'], cid: string, detail: string) {
    super(`${code}: ${cid}: ${detail}`);
    this.name = 'KuboError';
    this.code = code;
    this.cid = cid;
  }
}

const TIMEOUT_MS = 60_000;
/** An import or a pin that is given up halfway is one that the node may still be at when it comes again. */
const WRITE_TIMEOUT_MS = 10 * 60_000;
/** Blocks asked for at once. */
const AT_ONCE = 16;

/** Kubo answers 500 for anything; only its words tell a block it does not have from a failure. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && /(not found locally|could not find)/.test(error.message);

/** Of a pin that the node does not list it says so, with a status of 500 as of anything. */
const isNotPinned = (error: unknown): boolean =>
  error instanceof Error && /(is not pinned|not pinned or pinned indirectly)/u.test(error.message);

type PinType = 'recursive' | 'direct';

/**
 * The content store of a Kubo node, or of an IPFS Cluster that speaks its RPC. Reads are offline:
 * a block counts as stored only when this node has it.
 *
 * @example const store = createKuboStore('http://127.0.0.1:5001')
 */
export const createKuboStore = (url: string): ContentStore => {
  const client = create({ url, timeout: TIMEOUT_MS });
  const writer = create({ url, timeout: WRITE_TIMEOUT_MS });
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    const offline: Parameters<typeof client.block.get>[1] & { readonly offline: true } = { offline: true };
    try {
      return await client.block.get(cid, offline);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };

  const isPinned = async (cid: CID, type: PinType): Promise<boolean> => {
    try {
      for await (const pin of client.pin.ls({ paths: cid, type }))
        if (pin.cid.equals(cid) && pin.type === type) return true;
      return false;
    } catch (error) {
      if (isNotPinned(error)) return false;
      throw error;
    }
  };

  /**
   * Pins what is not pinned yet. Kubo takes the pin of a root away when it is to pin it again, walks all that is below, and
   * sets it anew only then: meanwhile, and for good when that is broken off, the blocks are for its garbage collector.
   */
  const pin = async (cid: CID, type: PinType): Promise<void> => {
    if (await isPinned(cid, type)) return;
    await writer.pin.add(cid, { recursive: type === 'recursive' });
    if (!(await isPinned(cid, type)))
      throw new KuboError('not-pinned', cid.toString(), 'Kubo was asked to pin it and does not list it');
  };

  return {
    importBlocks: async (root, blocks) => {
      for await (const _ of writer.dag.import([carOf(root, blocks)], { pinRoots: false }));
      await pin(root, 'recursive');
    },
    putPinned: async (cid, bytes) => {
      const format = cid.code === 0x71 ? 'dag-cbor' : 'raw';
      const stored = await writer.block.put(bytes, { format, mhtype: 'sha2-256', version: 1 });
      if (stored.toString() !== cid.toString()) {
        throw new KuboError('cid-differs', cid.toString(), `Kubo stored ${stored.toString()}`);
      }
      await pin(cid, 'direct');
    },
    get,
    getAll: async (cids) => {
      const blocks: (Uint8Array | undefined)[] = [];
      for (let from = 0; from < cids.length; from += AT_ONCE)
        for (const block of await Promise.all(cids.slice(from, from + AT_ONCE).map(get))) blocks.push(block);
      return blocks;
    },
  };
};
