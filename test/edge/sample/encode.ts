/** Encodings of the sample; GB18030 by turning its decoder round, for Node has no encoder. */
export const ENCODINGS = [
  'utf-8',
  'utf-8 with mark',
  'utf-16le',
  'utf-16be',
  'gb18030',
  'windows-1252',
] as const;
export type SampleEncoding = (typeof ENCODINGS)[number];

let gb18030: ReadonlyMap<string, readonly number[]> | undefined;
const doubleBytes = (): ReadonlyMap<string, readonly number[]> => {
  const decoder = new TextDecoder('gb18030');
  const map = new Map<string, readonly number[]>();
  for (let first = 0x81; first <= 0xfe; first += 1)
    for (let second = 0x40; second <= 0xfe; second += 1) {
      if (second === 0x7f) continue;
      const sign = decoder.decode(Uint8Array.of(first, second));
      if (sign.length === 1 && sign !== '\uFFFD') map.set(sign, [first, second]);
    }
  return map;
};

const byteOf = (sign: string): readonly number[] => {
  const code = sign.charCodeAt(0);
  if (code > 0xff) throw new Error(`${sign} is not in this encoding`);
  return [code];
};

/** The bytes of a text. @throws Error for a sign that the encoding has not */
export const encodeText = (text: string, encoding: SampleEncoding): Uint8Array => {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf-8 with mark') return Buffer.from(`\ufeff${text}`, 'utf8');
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  if (encoding === 'windows-1252') return Uint8Array.from(Array.from(text, byteOf).flat());
  const map = (gb18030 ??= doubleBytes());
  const bytesOf = (sign: string): readonly number[] =>
    sign < '\u0080' ? byteOf(sign) : (map.get(sign) ?? byteOf(sign));
  return Uint8Array.from(Array.from(text, bytesOf).flat());
};
