/** JSON with integers beyond 32 bits as decimal strings and bytes as `0x` hex. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * One test vector. `operation` names what is done to `input`; the outcome is `expected`, or a refusal with `wantErr`'s
 * code, at its field where its error names one.
 */
export type Vector = { readonly name: string; readonly operation: string; readonly input: Json } & (
  { readonly expected: Json } | { readonly wantErr: { readonly code: string; readonly field?: string } }
);

/** Replaces the bytes of `0x` hex from a byte offset (negative: from the end). */
export function overwrite(hex: string, offset: number, bytes: string): `0x${string}` {
  const at = offset < 0 ? hex.length + 2 * offset : 2 + 2 * offset;
  return `0x${hex.slice(2, at)}${bytes}${hex.slice(at + bytes.length)}`;
}

/** Bytes of `0x` hex from one offset to another, as `slice` counts. */
export function cut(hex: string, from: number, to?: number): `0x${string}` {
  return `0x${Buffer.from(hex.slice(2), 'hex').subarray(from, to).toString('hex')}`;
}

/** A vector whose outcome is a refusal. */
export function refusal(operation: string, name: string, input: Json, code: string, field?: string): Vector {
  return { name, operation, input, wantErr: field === undefined ? { code } : { code, field } };
}
