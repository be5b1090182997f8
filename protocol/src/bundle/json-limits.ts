import { ProtocolError } from '../errors.ts';

/** Deepest nesting of a document that is read; a bundle has six levels. */
const MAX_LEVELS = 16;
/** Most values of a document that is read; the longest bundle of hashes has 243,000. */
const MAX_VALUES = 524_288;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Refuses a text that would cost a JSON parser far more memory than its length says, or that two parsers read
 * differently: a member named twice. Whether the text is JSON is for the parser to say. Time is linear in the length.
 *
 * @throws ProtocolError `InvalidJson`
 */
export function requireReadable(source: string, field: string): void {
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(source, at);
      const names = open.at(-1);
      if (names !== undefined && isFollowedByColon(source, end)) addName(names, source.slice(at, end), field);
      at = end - 1;
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (open.length === MAX_LEVELS) throw refusal(field, `at most ${MAX_LEVELS} levels`);
      open.push(code === OPEN_OBJECT ? new Set() : undefined);
      values += 1;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      open.pop();
    } else if (code === COMMA) {
      values += 1;
    }
    if (values > MAX_VALUES) throw refusal(field, `at most ${MAX_VALUES} values`);
  }
}

const refusal = (field: string, expected: string, actual?: string): ProtocolError =>
  new ProtocolError('InvalidJson', field, { expected, ...(actual === undefined ? {} : { actual }) });

/** Where a string that begins at an offset has ended, or the text. */
function endOfString(source: string, start: number): number {
  for (let at = source.indexOf('"', start + 1); at >= 0; at = source.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (source.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return source.length;
}

function isFollowedByColon(source: string, start: number): boolean {
  let at = start;
  while (' \t\r\n'.includes(source[at] ?? '-')) at += 1;
  return source.charCodeAt(at) === COLON;
}

function addName(names: Set<string>, token: string, field: string): void {
  let name: unknown;
  try {
    name = JSON.parse(token);
  } catch (cause) {
    throw new ProtocolError('InvalidJson', field, { expected: 'JSON', cause });
  }
  if (typeof name !== 'string' || names.has(name)) throw refusal(field, 'each member once', token);
  names.add(name);
}
