/** A stretch of bytes, both ends inclusive; or why there is none to serve. */
export type ByteRange =
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'several' };

/**
 * Reads a `Range` header (RFC 9110, 14.2). What is not of the form `bytes=…` is ignored, as the RFC has it.
 *
 * @param length of the content, bytes
 * @example byteRange('bytes=0-99', 1_000) // { kind: 'range', first: 0, last: 99 }
 */
export const byteRange = (header: string | undefined, length: number): ByteRange => {
  const set = /^bytes=(.+)$/i.exec(header?.trim() ?? '')?.[1];
  if (set === undefined) return { kind: 'whole' };
  if (set.includes(',')) return { kind: 'several' };
  const [, from = '', to = ''] = /^(\d{0,15})-(\d{0,15})$/.exec(set.trim()) ?? [];
  if (from === '' && to === '') return { kind: 'whole' };
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return { kind: 'whole' };
  return first > last ? { kind: 'unsatisfiable' } : { kind: 'range', first, last };
};
