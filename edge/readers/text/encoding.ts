import type { FileProblem } from '../file-error.ts';

/** Encodings of text files that we read. */
export type EncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030' | 'windows-1252';

/** How a file's bytes become text. */
export type Encoding = {
  readonly name: EncodingName;
  /** Bytes of the mark at its beginning. */
  readonly mark: number;
  /** What told the encoding. */
  readonly from: 'mark' | 'content' | 'option';
};

const NAMES: Readonly<Record<string, EncodingName>> = {
  utf8: 'utf-8',
  utf16: 'utf-16le',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  gb18030: 'gb18030',
  cp936: 'gb18030',
  windows1252: 'windows-1252',
  cp1252: 'windows-1252',
  latin1: 'windows-1252',
  iso88591: 'windows-1252',
};

const MARKS: readonly (readonly [EncodingName, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** Files of other kinds that are often taken for text. */
const OTHERS: readonly (readonly [string, readonly number[]])[] = [
  ['a workbook of Excel or a zip archive: save the sheet as CSV', [0x50, 0x4b, 0x03, 0x04]],
  ['a workbook of an old Excel: save the sheet as CSV', [0xd0, 0xcf, 0x11, 0xe0]],
  ['compressed by gzip: unpack it first', [0x1f, 0x8b]],
  ['a PDF document: export CSV', [0x25, 0x50, 0x44, 0x46]],
];

const startsWith = (bytes: Uint8Array, prefix: readonly number[]): boolean =>
  prefix.every((byte, i) => bytes[i] === byte);

/** Words that only a Chinese export has in its header. */
const CHINESE = /时间|日期|功率|电压|电流|电量|发电|用电|频率|温度|电站|设备/u;

/** The text that the first bytes of a file make, or `undefined` where they are none. */
export const decodeHead = (head: Uint8Array, name: EncodingName): string | undefined => {
  try {
    return new TextDecoder(name, { fatal: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
};

/** UTF-16 without a mark: text of Latin letters has a zero in every second byte. */
const utf16Of = (head: Uint8Array): EncodingName | undefined => {
  const zeros = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]! += 1;
  });
  const [even = 0, odd = 0] = zeros;
  const few = head.length / 8;
  if (odd > few && even < odd / 8) return 'utf-16le';
  if (even > few && odd < even / 8) return 'utf-16be';
  return undefined;
};

const firstLine = (text: string | undefined): string =>
  JSON.stringify(
    (text ?? '')
      .split(/\r?\n/u)
      .find((line) => line.trim() !== '')
      ?.slice(0, 40) ?? '',
  );

/**
 * The encoding of a file, from the option, its mark or its first bytes. Windows-1252 is never guessed: every file is some text in it.
 *
 * @param head the first bytes of the file, more than its header
 */
export const encodingOf = (head: Uint8Array, option: string | undefined): Encoding | FileProblem => {
  const other = OTHERS.find(([, prefix]) => startsWith(head, prefix));
  if (other !== undefined) return { code: 'encoding', message: `this is ${other[0]}` };
  const marked = MARKS.find(([, mark]) => startsWith(head, mark));
  if (option !== undefined) {
    const name = NAMES[option.toLowerCase().replace(/[^a-z0-9]/gu, '')];
    if (name === undefined)
      return {
        code: 'bad-option',
        message: `--encoding ${option} is not known: utf-8, utf-16le, utf-16be, gb18030 (gbk), windows-1252`,
      };
    const mark = marked?.[0] === name ? marked[1].length : 0;
    if (marked !== undefined && mark === 0)
      return {
        code: 'encoding',
        message: `the file is marked as ${marked[0]}, not ${name}`,
        remedy: 'leave --encoding out',
      };
    return { name, mark, from: 'option' };
  }
  if (marked !== undefined) return { name: marked[0], mark: marked[1].length, from: 'mark' };
  const utf16 = utf16Of(head);
  if (utf16 !== undefined) return { name: utf16, mark: 0, from: 'content' };
  if (decodeHead(head, 'utf-8') !== undefined) return { name: 'utf-8', mark: 0, from: 'content' };
  const chinese = decodeHead(head, 'gb18030');
  if (chinese !== undefined && CHINESE.test(chinese)) return { name: 'gb18030', mark: 0, from: 'content' };
  return {
    code: 'encoding',
    message: 'the file is not UTF-8',
    remedy: `say --encoding windows-1252 (it then begins ${firstLine(decodeHead(head, 'windows-1252'))})${
      chinese === undefined ? '' : ` or --encoding gb18030 (${firstLine(chinese)})`
    }`,
  };
};
