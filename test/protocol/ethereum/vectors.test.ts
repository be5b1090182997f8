import {
  decodeAccount,
  decodeHeader,
  decodeReceipt,
  fromHex,
  portable,
  proveInTrie,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';

runVectors('ethereum.json', {
  trie: ({ root, key, nodes }) => ({
    value: proveInTrie(
      {
        root: fromHex(root),
        key: fromHex(key),
        nodes: (nodes as string[]).map((node) => fromHex(node)),
        field: 'proof',
      },
      portable,
    ),
  }),
  header: ({ header }) => decodeHeader(fromHex(header), portable),
  receipt: ({ receipt }) => decodeReceipt(fromHex(receipt)),
  account: ({ account }) => decodeAccount(fromHex(account), 'account'),
});
