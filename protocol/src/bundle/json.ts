import { ProtocolError } from '../errors.ts';
import { requireReadable } from './json-limits.ts';

/** Documents of ours hold no numbers and no booleans, so RFC 8785 leaves nothing to choose about them. */
export type Json = string | null | readonly Json[] | { readonly [name: string]: Json };

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/**
 * The one text of a document (RFC 8785): members sorted by UTF-16 code units, no white space.
 *
 * @example canonicalJson({ b: '1', a: null }) // '{"a":null,"b":"1"}'
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** What a value of a document must be; `read` throws a {@link ProtocolError} naming the field. */
export type Shape<T> = (value: unknown, field: string) => T;

const refuse = (field: string, expected: string): never => {
  throw new ProtocolError('InvalidJson', field, { expected });
};

/** A lone surrogate has no UTF-8: what is hashed would be another text (RFC 8785, section 3.2.2.2). */
const text: Shape<string> = (value, field) =>
  typeof value === 'string' && value.isWellFormed() ? value : refuse(field, 'a string of Unicode');

const matching =
  (pattern: RegExp, expected: string): Shape<string> =>
  (value, field) => {
    const found = text(value, field);
    return pattern.test(found) ? found : refuse(field, expected);
  };

/** Shapes that bundles and trust files are made of. */
export const shape = {
  text,
  literal:
    <T extends string>(expected: T): Shape<T> =>
    (value, field) =>
      value === expected ? expected : refuse(field, JSON.stringify(expected)),
  hex: ((value, field) => {
    const expected = '0x and an even number of digits 0-9 a-f';
    const found = matching(/^0x[0-9a-f]*$/u, expected)(value, field);
    return found.length % 2 === 0 ? found : refuse(field, expected);
  }) as Shape<`0x${string}`>,
  hash: matching(/^0x[0-9a-f]{64}$/u, '0x and 64 digits 0-9 a-f') as Shape<`0x${string}`>,
  address: matching(/^0x[0-9a-f]{40}$/u, '0x and 40 digits 0-9 a-f') as Shape<`0x${string}`>,
  integer: matching(/^(?:0|[1-9]\d{0,19})$/u, 'a decimal without leading zeros'),
  nullable:
    <T>(inner: Shape<T>): Shape<T | null> =>
    (value, field) =>
      value === null ? null : inner(value, field),
  list:
    <T>(inner: Shape<T>, length?: number): Shape<readonly T[]> =>
    (value, field) => {
      if (!Array.isArray(value)) return refuse(field, 'a list');
      if (length !== undefined && value.length !== length) return refuse(field, `a list of ${length}`);
      return value.map((item, i) => inner(item, `${field}[${i}]`));
    },
  object:
    <T extends { readonly [name: string]: unknown }>(members: {
      readonly [Name in keyof T]: Shape<T[Name]>;
    }): Shape<T> =>
    (value, field) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return refuse(field, 'an object');
      const found = value as { readonly [name: string]: unknown };
      const names = Object.keys(members);
      const extra = Object.keys(found).find((name) => !names.includes(name));
      if (extra !== undefined) return refuse(`${field}.${extra}`, 'no such member');
      return Object.fromEntries(
        names.map((name) => {
          if (!Object.hasOwn(found, name)) return refuse(`${field}.${name}`, 'a member');
          return [name, members[name as keyof T](found[name], `${field}.${name}`)];
        }),
      ) as T;
    },
};

/**
 * Parses a text and reads its shape. A member may stand once, whatever a parser makes of two.
 *
 * @throws ProtocolError `InvalidJson`
 */
export function readJson<T>(source: string, read: Shape<T>, field: string): T {
  requireReadable(source, field);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new ProtocolError('InvalidJson', field, { expected: 'JSON', cause });
  }
  return read(value, field);
}
