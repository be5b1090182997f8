import type { ContentStore } from '../../backend/features/payloads/types.ts';

/** A content store in memory whose blocks a test may look at, lose or damage. */
export type MemoryStore = ContentStore & {
  readonly blocks: Map<string, Uint8Array>;
  readonly pins: Set<string>;
};

/** Creates an empty content store. */
export const createMemoryStore = (): MemoryStore => {
  const blocks = new Map<string, Uint8Array>();
  const pins = new Set<string>();
  return {
    blocks,
    pins,
    importBlocks: async (root, imported) => {
      for await (const { cid, bytes } of imported) blocks.set(cid.toString(), bytes);
      pins.add(root.toString());
    },
    putPinned: async (cid, bytes) => {
      blocks.set(cid.toString(), bytes);
      pins.add(cid.toString());
    },
    get: async (cid) => blocks.get(cid.toString()),
    getAll: async (cids) => cids.map((cid) => blocks.get(cid.toString())),
  };
};
