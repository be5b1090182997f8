import type { Json } from '../vector.ts';

/** RFC 8785 for documents whose numbers are small integers: members sorted by UTF-16 code units, no white space. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
