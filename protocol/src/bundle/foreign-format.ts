/** What a file is that somebody took for a document of ours. */
export type ForeignFormat =
  | 'empty'
  | 'gzip'
  | 'zip'
  | 'archive'
  | 'pdf'
  | 'image'
  | 'office'
  | 'html'
  | 'xml'
  | 'mail'
  | 'rtf'
  | 'utf-16'
  | 'binary';

const SIGNATURES: readonly (readonly [ForeignFormat, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]], // 7-Zip
  ['archive', [0x52, 0x61, 0x72, 0x21]], // RAR
  ['archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a]], // xz
  ['archive', [0x28, 0xb5, 0x2f, 0xfd]], // Zstandard
  ['archive', [0x42, 0x5a, 0x68]], // bzip2
  ['pdf', [0x25, 0x50, 0x44, 0x46]],
  ['image', [0x89, 0x50, 0x4e, 0x47]],
  ['image', [0xff, 0xd8, 0xff]],
  ['office', [0xd0, 0xcf, 0x11, 0xe0]],
  ['rtf', [0x7b, 0x5c, 0x72, 0x74, 0x66]],
  ['utf-16', [0xff, 0xfe]],
  ['utf-16', [0xfe, 0xff]],
];
const MAIL_HEADER =
  /^(?:From |(?:Return-Path|Received|MIME-Version|Content-Type|Content-Transfer-Encoding|Message-ID|Subject|From|To|Date|DKIM-Signature): )/iu;
/** As much of a file as says what it is. */
const HEAD = 512;

/**
 * Names a file that is not a JSON document by its first bytes; undefined where it may be one. A NUL is in no JSON text: it
 * betrays UTF-16 without a byte order mark, where it is every second byte.
 *
 * @example foreignFormat(Uint8Array.of(0x1f, 0x8b, 8)) // 'gzip'
 */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  const head = bytes.subarray(0, HEAD);
  const found = SIGNATURES.find(([, signature]) => signature.every((byte, i) => head[i] === byte));
  if (found !== undefined) return found[0];
  const nul = head.indexOf(0);
  if (nul >= 0) return isEverySecond(head) ? 'utf-16' : 'binary';
  const text = new TextDecoder('utf-8').decode(head).trimStart();
  if (text === '' && bytes.length <= HEAD) return 'empty';
  if (/^<(?:!doctype html|html|head|body)\b/iu.test(text)) return 'html';
  if (text.startsWith('<')) return 'xml';
  return MAIL_HEADER.test(text) ? 'mail' : undefined;
}

function isEverySecond(head: Uint8Array): boolean {
  const odd = head[0] === 0 ? 0 : 1;
  const pairs = Math.min(Math.floor(head.length / 2), 8);
  return pairs > 0 && Array.from({ length: pairs }, (_, i) => head[2 * i + odd]).every((byte) => byte === 0);
}
