import { create } from 'kubo-rpc-client';
import type { CID } from 'multiformats/cid';
import { carOf } from '../../content/dag.ts';
import type { ContentStore } from '../../features/payloads/types.ts';

/** Why a Kubo node did not do what it was asked. */
export class KuboError extends Error {
  readonly code: 'pin-failed' | 'root-missing' | 'cid-differs';
  readonly cid: string;

  constructor(code: KuboError['code'], cid: string, detail: string) {
    super(`${code}: ${cid}: ${detail}`);
    this.name = 'KuboError';
    this.code = code;
    this.cid = cid;
  }
}

const TIMEOUT_MS = 60_000;
/** Blocks asked for at once. */
const AT_ONCE = 16;

/** Kubo answers 500 for anything; only its words tell a block it does not have from a failure. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && /(not found locally|could not find)/.test(error.message);

/**
 * The content store of a Kubo node, or of an IPFS Cluster that speaks its RPC. Reads are offline:
 * a block counts as stored only when this node has it.
 *
 * @example const store = createKuboStore('http://127.0.0.1:5001')
 */
export const createKuboStore = (url: string): ContentStore => {
  const client = create({ url, timeout: TIMEOUT_MS });
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    const offline: Parameters<typeof client.block.get>[1] & { readonly offline: true } = { offline: true };
    try {
      return await client.block.get(cid, offline);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
  return {
    importBlocks: async (root, blocks) => {
      let pinned = false;
      for await (const result of client.dag.import([carOf(root, blocks)], { pinRoots: true })) {
        if (result.root.pinErrorMsg !== undefined && result.root.pinErrorMsg !== '') {
          throw new KuboError('pin-failed', result.root.cid.toString(), result.root.pinErrorMsg);
        }
        pinned ||= result.root.cid.toString() === root.toString();
      }
      if (!pinned) throw new KuboError('root-missing', root.toString(), 'Kubo imported other roots');
    },
    putPinned: async (cid, bytes) => {
      const format = cid.code === 0x71 ? 'dag-cbor' : 'raw';
      const stored = await client.block.put(bytes, { format, mhtype: 'sha2-256', version: 1 });
      if (stored.toString() !== cid.toString()) {
        throw new KuboError('cid-differs', cid.toString(), `Kubo stored ${stored.toString()}`);
      }
      await client.pin.add(cid, { recursive: false });
    },
    get,
    getAll: async (cids) => {
      const blocks: (Uint8Array | undefined)[] = [];
      for (let from = 0; from < cids.length; from += AT_ONCE)
        blocks.push(...(await Promise.all(cids.slice(from, from + AT_ONCE).map(get))));
      return blocks;
    },
  };
};
