import { readFileSync } from 'node:fs';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A step of RFC 6902. */
type Step = { readonly op: 'add' | 'replace' | 'remove'; readonly path: string; readonly value?: Json };

/** Puts `times` × `insert` in the place of `remove` bytes from an offset on. */
type Splice = {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
  readonly times?: number;
};

/** How a vector changes a document. */
export type Change = { readonly patch?: readonly Step[]; readonly splice?: Splice };

const FOLDER = new URL('../vectors/documents/', import.meta.url);

/** Bytes of a bundle of the vectors, changed. */
export const bundleOf = (name: string, change: Change = {}): Uint8Array =>
  changed(readFileSync(new URL(`${name}.bundle.json`, FOLDER), 'utf8'), change);

/** Bytes of the vectors' trust file, changed. A splice counts in the canonical text, not in the file's own. */
export const trustOf = (change: Change = {}): Uint8Array =>
  changed(readFileSync(new URL('trust.json', FOLDER), 'utf8'), change);

const changed = (text: string, { patch, splice }: Change): Uint8Array => {
  if (patch === undefined && splice === undefined) return Buffer.from(text);
  const document = (patch ?? []).reduce<Json>(step, JSON.parse(text));
  const bytes = Buffer.from(JSON.stringify(document, inOrder));
  if (splice === undefined) return bytes;
  const { at, remove, insert, times = 1 } = splice;
  const inserted = Buffer.from(insert.slice(2), 'hex');
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.alloc(times * inserted.length, inserted),
    bytes.subarray(at + remove),
  ]);
};

const inOrder = (_name: string, value: Json): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const step = (document: Json, { op, path, value = null }: Step): Json => {
  const names = path.split('/').slice(1);
  const last = names.pop();
  if (last === undefined) return value;
  const parent = names.reduce((inner, name) => (inner as { [name: string]: Json })[name] ?? null, document);
  if (Array.isArray(parent)) {
    parent.splice(Number(last), op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  } else if (op === 'remove') {
    Reflect.deleteProperty(parent as object, last);
  } else {
    // Defined, not assigned: a member may be called __proto__.
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  }
  return document;
};
