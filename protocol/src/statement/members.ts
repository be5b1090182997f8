import { fromUtf8, toHex, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { Primitives } from '../primitives.ts';

/**
 * The JavaScript type that stands for an EIP-712 member type: bytes for `address`, `bytes` and `bytesN`, a number for
 * integers of up to 32 bits, a bigint for wider ones.
 */
export type MemberValue = Uint8Array | string | boolean | number | bigint;

type ValueOf<Type extends string> = Type extends 'address' | 'bytes' | `bytes${number}`
  ? Uint8Array
  : Type extends 'string'
    ? string
    : Type extends 'bool'
      ? boolean
      : Type extends `${'' | 'u'}int${8 | 16 | 24 | 32}`
        ? number
        : bigint;

type FieldOf<Declared extends string> = Declared extends `${infer Type} ${infer Name}`
  ? { readonly [Key in Name]: ValueOf<Type> }
  : never;

type FieldsOf<List extends string> = List extends `${infer First},${infer Rest}`
  ? FieldOf<First> & FieldsOf<Rest>
  : FieldOf<List>;

/**
 * The object that a member list describes, derived from its text.
 *
 * @example type Limits = StructOf<'uint32 count,bytes32 root'> // { readonly count: number; readonly root: Uint8Array }
 */
export type StructOf<List extends string> = { [Key in keyof FieldsOf<List>]: FieldsOf<List>[Key] };

/** How the 32-byte word of a member is filled. */
type Form =
  | { readonly of: 'integer'; readonly bits: number; readonly min: bigint; readonly max: bigint }
  | { readonly of: 'bool' }
  | { readonly of: 'fixed'; readonly length: number; readonly pad: 'left' | 'right' }
  | { readonly of: 'dynamic' };

/** One member of a statement type: its EIP-712 type, its name and the form of its word. */
export type Member = { readonly type: string; readonly name: string; readonly form: Form };

/** Members of a struct as values by name. */
export type MemberValues = { readonly [name: string]: MemberValue };

/** What `encodeData` (EIP-712) makes of a struct's members, with the contents that two kinds of word only hash. */
export type EncodedMembers = { readonly words: Uint8Array; readonly attachments: readonly Uint8Array[] };

const NAME = /^[a-zA-Z_$][a-zA-Z0-9_$]*$/;

/**
 * Parses `type name,type name`, as it stands between the parentheses of an EIP-712 type string. Arrays, structs and the
 * aliases `uint` and `int` are refused.
 *
 * @throws ProtocolError `InvalidTypeString`
 */
export function parseMembers(list: string, field = 'type'): Member[] {
  const names = new Set<string>();
  return list.split(',').map((declared) => {
    const space = declared.indexOf(' ');
    const type = declared.slice(0, space);
    const name = declared.slice(space + 1);
    const form = space < 0 ? undefined : formOf(type);
    if (form === undefined || !NAME.test(name) || names.has(name)) {
      throw new ProtocolError('InvalidTypeString', field, {
        expected: 'atomic type and new name',
        actual: declared,
      });
    }
    names.add(name);
    return { type, name, form };
  });
}

function formOf(type: string): Form | undefined {
  if (type === 'bytes' || type === 'string') return { of: 'dynamic' };
  if (type === 'bool') return { of: 'bool' };
  if (type === 'address') return { of: 'fixed', length: 20, pad: 'left' };
  const [, stem, digits] = /^(bytes|u?int)([1-9][0-9]{0,2})$/.exec(type) ?? [];
  const width = Number(digits);
  if (stem === 'bytes') return width <= 32 ? { of: 'fixed', length: width, pad: 'right' } : undefined;
  if (stem === undefined || width > 256 || width % 8 !== 0) return undefined;
  if (stem === 'uint') return { of: 'integer', bits: width, min: 0n, max: (1n << BigInt(width)) - 1n };
  const half = 1n << BigInt(width - 1);
  return { of: 'integer', bits: width, min: -half, max: half - 1n };
}

/**
 * EIP-712 `encodeData` of the members without the type hash: a word each, and the contents of the `bytes` and `string`
 * members in order.
 *
 * @param path names the struct in errors
 * @throws ProtocolError `OutOfRange`, `LengthMismatch`
 */
export function encodeMembers(
  members: readonly Member[],
  values: MemberValues,
  path: string,
  primitives: Primitives,
): EncodedMembers {
  const words = new Uint8Array(32 * members.length);
  const view = new DataView(words.buffer);
  const attachments: Uint8Array[] = [];
  members.forEach((member, i) => {
    const field = `${path}.${member.name}`;
    const value = values[member.name];
    const at = 32 * i;
    switch (member.form.of) {
      case 'integer':
        writeInteger(view, at, member.form, value, field);
        break;
      case 'bool':
        if (typeof value !== 'boolean') throw wrongValue(field, 'bool', value);
        words[at + 31] = value ? 1 : 0;
        break;
      case 'fixed': {
        const { length, pad } = member.form;
        if (!(value instanceof Uint8Array) || value.length !== length)
          throw wrongValue(field, member.type, value);
        words.set(value, pad === 'left' ? at + 32 - length : at);
        break;
      }
      case 'dynamic': {
        const content = member.type === 'string' && typeof value === 'string' ? utf8(value) : value;
        if (!(content instanceof Uint8Array)) throw wrongValue(field, member.type, value);
        attachments.push(content);
        words.set(primitives.keccak256(content), at);
      }
    }
  });
  return { words, attachments };
}

/**
 * Reads the members back and refuses every word that {@link encodeMembers} would not write, every attachment that its
 * word does not hash, and every word or attachment too many or too few.
 *
 * @throws ProtocolError `CountMismatch`, `NonCanonical`, `AttachmentMismatch`, `InvalidUtf8`
 */
export function decodeMembers(
  members: readonly Member[],
  { words, attachments }: EncodedMembers,
  path: string,
  primitives: Primitives,
): MemberValues {
  requireCount(32 * members.length, words.length, `${path}.words`);
  const dynamic = members.reduce((count, { form }) => count + (form.of === 'dynamic' ? 1 : 0), 0);
  requireCount(dynamic, attachments.length, `${path}.attachments`);
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  let attached = 0;
  const read = (member: Member, i: number): MemberValue => {
    const field = `${path}.${member.name}`;
    const word = words.subarray(32 * i, 32 * i + 32);
    switch (member.form.of) {
      case 'integer':
        return readInteger(view, 32 * i, word, member.form, field);
      case 'bool':
        requireZero(word, 0, 31, field);
        if (word[31]! > 1)
          throw new ProtocolError('NonCanonical', field, { expected: '0 or 1', actual: word[31]! });
        return word[31] === 1;
      case 'fixed': {
        const { length, pad } = member.form;
        if (pad === 'left') requireZero(word, 0, 32 - length, field);
        else requireZero(word, length, 32, field);
        return pad === 'left' ? word.subarray(32 - length) : word.subarray(0, length);
      }
      case 'dynamic':
        return readAttachment(member.type, word, attachments[attached++]!, field, primitives);
    }
  };
  const values: Record<string, MemberValue> = {};
  for (const [i, member] of members.entries()) values[member.name] = read(member, i);
  return values;
}

function readAttachment(
  type: string,
  word: Uint8Array,
  content: Uint8Array,
  field: string,
  primitives: Primitives,
): MemberValue {
  const expected = toHex(word);
  const actual = toHex(primitives.keccak256(content));
  if (expected !== actual) throw new ProtocolError('AttachmentMismatch', field, { expected, actual });
  return type === 'string' ? fromUtf8(content, field) : content;
}

function writeInteger(
  view: DataView,
  at: number,
  form: { bits: number; min: bigint; max: bigint },
  value: MemberValue | undefined,
  field: string,
): void {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof whole !== 'bigint' || whole < form.min || whole > form.max) {
    throw wrongValue(field, `${form.min < 0n ? 'int' : 'uint'}${form.bits}`, value);
  }
  view.setBigUint64(at + 24, BigInt.asUintN(64, whole));
  if (form.bits <= 64 && whole >= 0n) return;
  view.setBigUint64(at + 16, BigInt.asUintN(64, whole >> 64n));
  view.setBigUint64(at + 8, BigInt.asUintN(64, whole >> 128n));
  view.setBigUint64(at, BigInt.asUintN(64, whole >> 192n));
}

function readInteger(
  view: DataView,
  at: number,
  word: Uint8Array,
  form: { bits: number; min: bigint; max: bigint },
  field: string,
): number | bigint {
  if (form.min === 0n && form.bits <= 64) {
    requireZero(word, 0, 32 - form.bits / 8, field);
    return form.bits <= 32 ? view.getUint32(at + 28) : view.getBigUint64(at + 24);
  }
  const unsigned = BigInt(toHex(word));
  const value = form.min === 0n ? unsigned : BigInt.asIntN(256, unsigned);
  if (value < form.min || value > form.max) {
    throw new ProtocolError('NonCanonical', field, { expected: `${form.bits} bits`, actual: toHex(word) });
  }
  return form.bits <= 32 ? Number(value) : value;
}

function requireZero(word: Uint8Array, from: number, to: number, field: string): void {
  for (let i = from; i < to; i++) {
    if (word[i] !== 0)
      throw new ProtocolError('NonCanonical', field, { expected: 'zero padding', actual: toHex(word) });
  }
}

function requireCount(expected: number, actual: number, field: string): void {
  if (expected !== actual) throw new ProtocolError('CountMismatch', field, { expected, actual });
}

function wrongValue(field: string, type: string, value: unknown): ProtocolError {
  const actual = value instanceof Uint8Array ? `${value.length} bytes` : String(value);
  return new ProtocolError('OutOfRange', field, { expected: type, actual });
}
