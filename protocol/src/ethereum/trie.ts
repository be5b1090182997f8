import { equal, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { Primitives } from '../primitives.ts';
import { bytesOf, decodeRlp, lengthOf, listOf, type RlpItem } from './rlp.ts';

const BRANCH_WIDTH = 17;
const EMPTY = new Uint8Array(0);
const EMPTY_NODE = Uint8Array.of(0x80);
const MAX_NODES = 65;
const HASH_LENGTH = 32;

/**
 * The value that a Merkle-Patricia proof gives a key under a root, or undefined where it proves that there is none
 * (Yellow Paper, appendix D). Every node must be used: one more or one less is refused.
 *
 * @param key as the trie has it: hashed already in the state and storage tries
 * @param nodes RLP, from the root down
 * @throws ProtocolError `RootMismatch`, `NonCanonical`, `Truncated`, `TrailingBytes`, `TooLong`
 */
export function proveInTrie(
  {
    root,
    key,
    nodes,
    field,
  }: { root: Uint8Array; key: Uint8Array; nodes: readonly Uint8Array[]; field: string },
  primitives: Primitives,
): Uint8Array | undefined {
  if (nodes.length > MAX_NODES)
    throw new ProtocolError('TooLong', field, { expected: MAX_NODES, actual: nodes.length });
  if (equal(root, primitives.keccak256(EMPTY_NODE))) {
    requireEmpty(nodes, field);
    return undefined;
  }
  let path: readonly number[] = nibblesOf(key);
  let expected: Uint8Array | undefined = root;
  let node: RlpItem = [];
  let used = 0;
  for (;;) {
    if (expected !== undefined) {
      const bytes: Uint8Array | undefined = nodes[used];
      if (bytes === undefined) throw new ProtocolError('Truncated', field, { expected: toHex(expected) });
      const actual = primitives.keccak256(bytes);
      if (!equal(actual, expected)) {
        throw new ProtocolError('RootMismatch', `${field}[${used}]`, {
          expected: toHex(expected),
          actual: toHex(actual),
        });
      }
      node = decodeRlp(bytes, `${field}[${used}]`);
      used += 1;
    }
    const step = descend(listOf(node, field), path, field);
    if (step.next === undefined) {
      if (used !== nodes.length) {
        throw new ProtocolError('TrailingBytes', field, { expected: used, actual: nodes.length });
      }
      return step.value;
    }
    path = step.path;
    // A child shorter than a hash stands in its parent; any other is named by its hash.
    expected = step.next instanceof Uint8Array ? bytesOf(step.next, field, HASH_LENGTH) : undefined;
    if (expected === undefined && lengthOf(step.next) >= HASH_LENGTH) {
      throw new ProtocolError('NonCanonical', field, { expected: 'a child of 32 bytes or more by its hash' });
    }
    node = step.next;
  }
}

type Step =
  | { readonly next: undefined; readonly value: Uint8Array | undefined }
  | { readonly next: RlpItem; readonly path: readonly number[] };

function descend(node: readonly RlpItem[], path: readonly number[], field: string): Step {
  if (node.length === BRANCH_WIDTH) {
    const [nibble, ...rest] = path;
    if (nibble === undefined) return { next: undefined, value: valueOf(node[16], field) };
    return follow(node[nibble], rest);
  }
  if (node.length !== 2) throw new ProtocolError('NonCanonical', field, { expected: 'a trie node' });
  const { isLeaf, nibbles } = decodePath(bytesOf(node[0], field), field);
  const matches = nibbles.every((nibble, i) => path[i] === nibble);
  if (isLeaf) {
    const value = bytesOf(node[1], field);
    if (value.length === 0)
      throw new ProtocolError('NonCanonical', field, { expected: 'a leaf with a value' });
    return { next: undefined, value: matches && nibbles.length === path.length ? value : undefined };
  }
  const [, child = EMPTY] = node;
  if (nibbles.length === 0 || isEmpty(child)) {
    throw new ProtocolError('NonCanonical', field, { expected: 'an extension with a path and a child' });
  }
  return matches ? follow(child, path.slice(nibbles.length)) : { next: undefined, value: undefined };
}

function follow(child: RlpItem | undefined, path: readonly number[]): Step {
  if (child === undefined || isEmpty(child)) return { next: undefined, value: undefined };
  return { next: child, path };
}

function isEmpty(item: RlpItem): boolean {
  return item instanceof Uint8Array && item.length === 0;
}

function valueOf(item: RlpItem | undefined, field: string): Uint8Array | undefined {
  const value = bytesOf(item, field);
  return value.length === 0 ? undefined : value;
}

function decodePath(encoded: Uint8Array, field: string): { isLeaf: boolean; nibbles: readonly number[] } {
  const [flag = 0xff, ...rest] = nibblesOf(encoded);
  const isOdd = (flag & 1) === 1;
  if (flag > 3 || (!isOdd && rest[0] !== 0)) {
    throw new ProtocolError('NonCanonical', field, { expected: 'a hex-prefixed path' });
  }
  return { isLeaf: flag >= 2, nibbles: isOdd ? rest : rest.slice(1) };
}

function nibblesOf(bytes: Uint8Array): number[] {
  return Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15]);
}

function requireEmpty(nodes: readonly Uint8Array[], field: string): void {
  const [first, ...more] = nodes;
  if (first !== undefined && (more.length > 0 || !equal(first, EMPTY_NODE))) {
    throw new ProtocolError('TrailingBytes', field, { expected: 0, actual: nodes.length });
  }
}
