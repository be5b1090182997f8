/** What a trust document is made of: no numbers, so their many spellings do not arise. */
type Canonical = string | null | readonly Canonical[] | { readonly [name: string]: Canonical };

/** Text of a document by RFC 8785: members sorted by UTF-16 code units, no white space. */
export const canonicalText = (value: Canonical): string => {
  if (value === null || typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
};

const isList = (value: Canonical): value is readonly Canonical[] => Array.isArray(value);
