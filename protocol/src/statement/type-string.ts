import { utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { parseMembers, type Member, type StructOf } from './members.ts';

/** Members of `Header`, the first member of every statement (docs/spec/statements.md). */
export const HEADER_LIST =
  'address author,bytes32 keyId,uint32 lane,uint32 boot,uint64 sequence,bytes32 previous,uint64 timeMs,uint64 notBeforeBlock,bytes32 notBeforeHash';

/** Who says it, under which key, where in the author's chain, and when. Times in Unix milliseconds. */
export type Header = StructOf<typeof HEADER_LIST>;

export const HEADER_MEMBERS: readonly Member[] = parseMembers(HEADER_LIST);

/** EIP-712 type string of `Header`. */
export const HEADER_TYPE = `Header(${HEADER_LIST})`;

const STATEMENT = /^([a-zA-Z_$][a-zA-Z0-9_$]*)\(Header header,([^()]*)\)$/;

/** A statement type read from its type string: the members are those after the header. */
export type StatementType = { readonly name: string; readonly members: readonly Member[] };

/**
 * EIP-712 `encodeType` of a statement: its own members, then `Header(…)`.
 *
 * @param list members after the header, `type name` joined by commas
 * @example encodeType('Reset', 'address subject,uint32 lane,uint32 boot,bytes32 lastKnown')
 */
export function encodeType(name: string, list: string): string {
  return `${name}(Header header,${list})${HEADER_TYPE}`;
}

/**
 * Reads a type string, so that a statement of a kind unknown to this program can be decoded and checked.
 *
 * @throws ProtocolError `InvalidTypeString` unless it is {@link encodeType} of atomic, `bytes` and `string` members
 */
export function parseType(type: string, field = 'type'): StatementType {
  const own = type.endsWith(HEADER_TYPE) ? STATEMENT.exec(type.slice(0, -HEADER_TYPE.length)) : null;
  const [, name, list] = own ?? [];
  if (name === undefined || list === undefined || name === 'Header') {
    throw new ProtocolError('InvalidTypeString', field, {
      expected: 'Name(Header header,…)Header(…)',
      actual: type,
    });
  }
  const members = parseMembers(list, field);
  if (members.length > 255 || members.some((member) => member.name === 'header')) {
    throw new ProtocolError('InvalidTypeString', field, {
      expected: 'at most 255 members, one header',
      actual: type,
    });
  }
  return { name, members };
}

/** EIP-712 type hash: keccak256 of the type string. */
export function typeHash(type: string, primitives: Primitives = portable): Uint8Array {
  return primitives.keccak256(utf8(type));
}

/** Type hash of {@link HEADER_TYPE}. */
export const HEADER_TYPE_HASH: Uint8Array = typeHash(HEADER_TYPE);
