import { url } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

export type ContentStoreConfig =
  { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly url: string };

export const IPFS_VARIABLES = {
  IPFS_API_URL: {
    schema: url('http:', 'https:').optional(),
    example: 'http://127.0.0.1:5001',
    meaning: 'RPC API of a Kubo node in place of blocks in DATA_DIR',
    secret: true,
  },
} satisfies Variables;

export const arrangeContentStore = (v: ValuesOf<typeof IPFS_VARIABLES>): ContentStoreConfig =>
  v.IPFS_API_URL === undefined ? { kind: 'embedded' } : { kind: 'external', url: v.IPFS_API_URL };
