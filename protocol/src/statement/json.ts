import { fromHex, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import type { AuthorPart } from './codec.ts';
import type { Member, MemberValue, MemberValues } from './members.ts';
import { HEADER_MEMBERS, type Header } from './type-string.ts';
import { KINDS, readStatement, unsignedPart, type KindName, type Statement } from './types.ts';

/** Members as JSON: bytes as `0x` hex, integers of up to 32 bits as numbers, wider ones as decimal strings. */
export type MembersJson = { readonly [name: string]: string | number | boolean };

/** A signed statement as JSON, for programs that have no binary encoder. */
export type StatementJson = {
  readonly kind: KindName;
  readonly header: MembersJson;
  readonly body: MembersJson;
  /** `0x` hex of the signature as docs/spec/identity.md encodes it. */
  readonly signature: string;
};

const DECIMAL = /^(?:0|-?[1-9][0-9]{0,77})$/;

/**
 * A signed statement of a known kind as JSON.
 *
 * @throws ProtocolError what `readStatement` throws
 * @example JSON.stringify(statementToJson(decodeAuthorPart(bytes)))
 */
export function statementToJson(part: AuthorPart, primitives: Primitives = portable): StatementJson {
  const { kind, header, body } = readStatement(part, primitives);
  return {
    kind,
    header: membersToJson(header),
    body: membersToJson(body),
    signature: toHex(part.signature),
  };
}

/**
 * The author part that a JSON document describes. Only the form {@link statementToJson} writes is accepted.
 *
 * @param json parsed JSON, not yet looked at
 * @throws ProtocolError `InvalidJson`, `InvalidHex`, `UnknownKind`, and what `unsignedPart` throws
 * @example const part = statementFromJson(await request.json())
 */
export function statementFromJson(json: unknown, primitives: Primitives = portable): AuthorPart {
  const { kind, header, body, signature } = requireObject(
    json,
    ['kind', 'header', 'body', 'signature'],
    'statement',
  );
  if (typeof kind !== 'string' || !isKindName(kind)) {
    throw new ProtocolError('UnknownKind', 'kind', { actual: String(kind) });
  }
  const statement = {
    kind,
    header: membersFromJson(HEADER_MEMBERS, header, 'header') as Header,
    body: membersFromJson(KINDS[kind].members, body, 'body'),
  } as unknown as Statement;
  return {
    ...unsignedPart(statement, primitives),
    signature: fromHex(requireString(signature, 'signature'), 'signature'),
  };
}

function membersToJson(values: MemberValues): MembersJson {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, toHex(value)];
      return [name, typeof value === 'bigint' ? value.toString() : value];
    }),
  );
}

function membersFromJson(members: readonly Member[], json: unknown, path: string): MemberValues {
  const names = members.map(({ name }) => name);
  const object = requireObject(json, names, path);
  return Object.fromEntries(
    members.map((member) => [
      member.name,
      valueFromJson(member, object[member.name], `${path}.${member.name}`),
    ]),
  );
}

function valueFromJson({ type, form }: Member, json: unknown, field: string): MemberValue {
  if (type === 'string') return requireString(json, field);
  if (type === 'bool') {
    if (typeof json === 'boolean') return json;
    throw new ProtocolError('InvalidJson', field, { expected: 'true or false', actual: typeof json });
  }
  if (form.of !== 'integer') return fromHex(requireString(json, field), field);
  if (form.bits <= 32) {
    if (typeof json === 'number') return json;
    throw new ProtocolError('InvalidJson', field, { expected: 'a number', actual: typeof json });
  }
  return integerFromJson(json, field);
}

/**
 * An integer that JSON carries as a decimal string.
 *
 * @throws ProtocolError `InvalidJson` for anything but its shortest decimal form
 */
export function integerFromJson(json: unknown, field: string): bigint {
  const text = requireString(json, field);
  if (!DECIMAL.test(text)) throw new ProtocolError('InvalidJson', field, { expected: 'a decimal integer' });
  return BigInt(text);
}

/**
 * An object with exactly these members.
 *
 * @throws ProtocolError `InvalidJson` naming the member that is missing or not known
 */
export function requireObject(
  json: unknown,
  names: readonly string[],
  field: string,
): { readonly [name: string]: unknown } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ProtocolError('InvalidJson', field, { expected: 'an object' });
  }
  const extra = Object.keys(json).find((name) => !names.includes(name));
  if (extra !== undefined)
    throw new ProtocolError('InvalidJson', `${field}.${extra}`, { expected: 'no such member' });
  const missing = names.find((name) => !Object.hasOwn(json, name));
  if (missing !== undefined)
    throw new ProtocolError('InvalidJson', `${field}.${missing}`, { expected: 'a value' });
  return json as { readonly [name: string]: unknown };
}

function requireString(json: unknown, field: string): string {
  if (typeof json === 'string') return json;
  throw new ProtocolError('InvalidJson', field, { expected: 'a string', actual: typeof json });
}

function isKindName(name: string): name is KindName {
  return Object.hasOwn(KINDS, name);
}
