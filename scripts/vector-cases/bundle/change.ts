// How a vector changes a document: members by JSON Patch (RFC 6902), bytes by splices.
import type { Json } from '../vector.ts';
import { canonical } from './canonical.ts';

/** A step of RFC 6902; `path` is a JSON Pointer. */
export type Step =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** Puts `times` × `insert` in the place of `remove` bytes from an offset on. */
export type Splice = {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
  readonly times?: number;
};

export const add = (path: string, value: Json): Step => ({ op: 'add', path, value });
export const replace = (path: string, value: Json): Step => ({ op: 'replace', path, value });
export const remove = (path: string): Step => ({ op: 'remove', path });

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

/** The splice that puts a text in the place of the first occurrence of another in a document's canonical bytes. */
export function instead(document: Json, found: string, put: string | Uint8Array, times?: number): Splice {
  const bytes = Buffer.from(canonical(document));
  const at = bytes.indexOf(found);
  if (at < 0) throw new Error(`the document holds no ${found}`);
  const insert = hex(typeof put === 'string' ? Buffer.from(put) : put);
  return { at, remove: Buffer.byteLength(found), insert, ...(times === undefined ? {} : { times }) };
}

/** The splice that adds bytes at the end. */
export function append(document: Json, put: string): Splice {
  return { at: Buffer.byteLength(canonical(document)), remove: 0, insert: hex(Buffer.from(put)) };
}

/** The splice that leaves only the first bytes. */
export function keep(document: Json, length: number): Splice {
  return { at: length, remove: Buffer.byteLength(canonical(document)) - length, insert: '0x' };
}

/** The splice that puts a text in the place of the whole document. */
export function wholly(document: Json, put: string, times?: number): Splice {
  return {
    at: 0,
    remove: Buffer.byteLength(canonical(document)),
    insert: hex(Buffer.from(put)),
    ...(times === undefined ? {} : { times }),
  };
}
