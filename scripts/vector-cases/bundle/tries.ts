import { concatHex, keccak256, type Hex } from 'viem';
import { seeded } from '../fixture.ts';
import { overwrite, refusal, type Vector } from '../vector.ts';
import { bloom, integer, proofOf, rlp, rootOf, trieOf, ZERO, type Nested, type Trie } from './chain.ts';

type Proof = { readonly root: Hex; readonly key: Hex; readonly nodes: readonly Hex[] };

const keyOf = (i: number): Hex => keccak256(seeded(`trie key ${i}`));
const wordOf = (i: number): Hex => rlp(seeded(`trie value ${i}`));
const receiptOf = (i: number): Hex =>
  concatHex(['0x02', rlp(['0x01', integer(21_000n * BigInt(i + 1)), bloom, []])]);
const indexKey = (i: number): Hex => rlp(integer(BigInt(i)));
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

const secure = await trieOf(range(300).map((i) => [keyOf(i), wordOf(i)] as const));
const receipts = await trieOf(range(131).map((i) => [indexKey(i), receiptOf(i)] as const));
const single = await trieOf([[keyOf(0), wordOf(0)]]);
/** Values so short that nodes stand in their parents; keys that are prefixes of others. */
const short: readonly (readonly [Hex, Hex])[] = [
  ['0x6465', '0x01'],
  ['0x646566', '0x7f'],
  ['0x646567', '0x80'],
  ['0x64', '0x0102'],
  ['0x7465', '0x03'],
];
const embedded = await trieOf(short);

const proof = async (trie: Trie, key: Hex): Promise<Proof> => ({
  root: rootOf(trie),
  key,
  nodes: await proofOf(trie, key),
});
const proven = async (name: string, trie: Trie, key: Hex, value: Hex | null): Promise<Vector> => ({
  name,
  operation: 'trie',
  input: await proof(trie, key),
  expected: { value },
});
const refused = (name: string, input: Proof, code: string, field = 'proof'): Vector =>
  refusal('trie', name, input, code, field);

/** Keys without a value, one for each way in which a trie of random keys can show it. */
const absent = async (): Promise<Vector[]> => {
  const found = new Map<string, Vector>();
  for (const i of range(200)) {
    const key = keccak256(seeded(`absent ${i}`));
    const { nodes } = await proof(secure, key);
    const items = (nodes.at(-1)!.length - 2) / 2;
    const how =
      items > 100 ? 'an empty place of a branch' : `a leaf of another key, below ${nodes.length - 1}`;
    if (!found.has(how)) found.set(how, await proven(`no value: ${how}`, secure, key, null));
  }
  return [...found.values()];
};

const sound = await proof(secure, keyOf(7));
const other = await proof(secure, keyOf(8));
const receipt = await proof(receipts, indexKey(128));
const last = sound.nodes.length - 1;

const damaged: readonly Vector[] = [
  refused('no node', { ...sound, nodes: [] }, 'Truncated'),
  refused('the last node left out', { ...sound, nodes: sound.nodes.slice(0, -1) }, 'Truncated'),
  refused('the first node left out', { ...sound, nodes: sound.nodes.slice(1) }, 'RootMismatch', 'proof[0]'),
  refused('the last node twice', { ...sound, nodes: [...sound.nodes, sound.nodes[last]!] }, 'TrailingBytes'),
  refused(
    'the first node twice',
    { ...sound, nodes: [sound.nodes[0]!, ...sound.nodes] },
    'RootMismatch',
    'proof[1]',
  ),
  refused('a node too many', { ...sound, nodes: [...sound.nodes, '0x80'] }, 'TrailingBytes'),
  refused(
    'nodes from the leaf up',
    { ...sound, nodes: sound.nodes.toReversed() },
    'RootMismatch',
    'proof[0]',
  ),
  refused(
    "another key's last node",
    { ...sound, nodes: [...sound.nodes.slice(0, -1), other.nodes.at(-1)!] },
    'RootMismatch',
    `proof[${last}]`,
  ),
  refused(
    'a bit of the value changed',
    { ...sound, nodes: [...sound.nodes.slice(0, -1), overwrite(sound.nodes[last]!, -1, '00')] },
    'RootMismatch',
    `proof[${last}]`,
  ),
  refused('another root', { ...sound, root: seeded('another root') }, 'RootMismatch', 'proof[0]'),
  refused('the root of the empty trie', { ...sound, root: keccak256('0x80') }, 'TrailingBytes'),
  refused('the key of a neighbour', { ...sound, key: other.key }, 'RootMismatch', 'proof[1]'),
  refused('66 nodes', { ...sound, nodes: range(66).map(() => sound.nodes[0]!) }, 'TooLong'),
  refused(
    'a receipt of the next index',
    { ...receipt, key: indexKey(129) },
    'RootMismatch',
    `proof[${receipt.nodes.length - 1}]`,
  ),
];

/** A trie of one node, whatever the node is. */
const alone = (node: Hex, key: Hex = keyOf(0)): Proof => ({ root: keccak256(node), key, nodes: [node] });
const strange = (name: string, node: Hex, key?: Hex): Vector =>
  refused(name, alone(node, key), 'NonCanonical', 'proof');
const unreadable = (name: string, node: Hex): Vector =>
  refused(name, alone(node), 'NonCanonical', 'proof[0]');
const leaf = (path: Hex, value: Nested = '0x01'): Hex => rlp([path, value]);
const branch = (children: { readonly [nibble: number]: Nested }, value: Nested = '0x'): Hex =>
  rlp([...range(16).map((i) => children[i] ?? ('0x' as const)), value]);

/** A list in a list in a list, each with its true length. */
const nested = (depth: number): Hex => {
  let item: Nested = [];
  for (let i = 0; i < depth; i++) item = [item];
  return rlp(item);
};

const foreign: readonly Vector[] = [
  strange('a node of one item', rlp(['0x20'])),
  strange('a node of three items', rlp(['0x20', '0x01', '0x02'])),
  strange('a node of 16 items', rlp(range(16).map(() => '0x' as const))),
  strange('a node of 18 items', rlp(range(18).map(() => '0x' as const))),
  strange('a node that is a string', '0x83646f67'),
  strange('a path without a flag', leaf('0x')),
  strange('a path with a flag beyond 3', leaf('0x40')),
  strange('a path of even length with a nibble in the flag', leaf('0x2f')),
  strange('a path that is a list', rlp([['0x20'], '0x01'])),
  strange('a value that is a list', leaf('0x20', ['0x01']), '0x'),
  strange('a child of 31 bytes', branch({ 1: `0x${'11'.repeat(31)}` }), '0x10'),
  strange('a child of 33 bytes', branch({ 1: `0x${'11'.repeat(33)}` }), '0x10'),
  strange('a leaf without a value', leaf('0x20', '0x'), '0x'),
  strange('an extension without a path', rlp(['0x00', branch({ 1: leaf('0x20') })]), '0x'),
  strange('an extension without a child', rlp(['0x11', '0x']), '0x10'),
  strange('an extension to nothing, beside the key', rlp(['0x11', '0x']), '0x20'),
  strange(
    'a child of 32 bytes in its parent',
    branch({ 1: [`0x20${'11'.repeat(3)}`, `0x${'22'.repeat(26)}`] }),
    '0x10',
  ),
  unreadable('lists in lists', nested(17)),
  unreadable('lists in lists, a thousand deep', nested(1000)),
  unreadable('a length of eight bytes', `0xbf${'ff'.repeat(8)}`),
  unreadable('a list whose length has eight bytes', `0xff${'ff'.repeat(8)}`),
  unreadable('a byte after the node', concatHex([leaf('0x20'), '0x00'])),
  unreadable('a byte too few', `0x${leaf('0x20').slice(2, -2)}`),
  unreadable('a short list with a length of its own', '0xf803c22001'),
  unreadable('a length with a leading zero', concatHex(['0xf90038', `0x${'01'.repeat(0x38)}`])),
  unreadable('a single byte with a length', '0xc3812001'),
  unreadable('a length beyond the node', '0xc52001'),
  unreadable('an item beyond its list', '0xc28320'),
  unreadable('no bytes', '0x'),
];

export const trieVectors: readonly Vector[] = [
  ...(await Promise.all(
    [0, 7, 150, 299].map((i) => proven(`value ${i} of 300`, secure, keyOf(i), wordOf(i))),
  )),
  ...(await absent()),
  ...(await Promise.all(
    [0, 1, 127, 128, 130].map((i) => proven(`receipt ${i} of 131`, receipts, indexKey(i), receiptOf(i))),
  )),
  await proven('no receipt 131', receipts, indexKey(131), null),
  await proven('no receipt beyond 2⁶⁴', receipts, rlp(integer(2n ** 64n)), null),
  await proven('the only value', single, keyOf(0), wordOf(0)),
  await proven('no value beside the only one', single, keyOf(1), null),
  ...(await Promise.all(
    short.map(([key, value]) => proven(`the short value at ${key}`, embedded, key, value)),
  )),
  ...(await Promise.all(
    (['0x', '0x65', '0x6466', '0x64656600'] as const).map((key) =>
      proven(`no short value at ${key}`, embedded, key, null),
    ),
  )),
  {
    name: 'nothing in the empty trie',
    operation: 'trie',
    input: { root: keccak256('0x80'), key: ZERO, nodes: [] },
    expected: { value: null },
  },
  {
    name: 'nothing in the empty trie, whose root stands there',
    operation: 'trie',
    input: { root: keccak256('0x80'), key: ZERO, nodes: ['0x80'] },
    expected: { value: null },
  },
  ...damaged,
  ...foreign,
];
