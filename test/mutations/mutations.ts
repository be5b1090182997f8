import { fromUtf8, type Bundle, type LayerName } from '@gridseal/protocol';
import { canonicalJson, type Json } from '@gridseal/protocol/bundle/json';

/** A changed bundle, and where a verifier must see it: one of the layers, or the file itself. */
export type Mutation = {
  readonly name: string;
  readonly expected: readonly (LayerName | 'not a bundle')[];
  readonly text: string;
};

/** A reproducible sequence of numbers below a bound (mulberry32). */
const sequence = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
};

type Path = readonly (string | number)[];

const at = (value: Json, path: Path): Json =>
  path.reduce<Json>((inner, key) => (inner as { readonly [key: string]: Json })[key] ?? null, value);

const replaced = (value: Json, path: Path, next: Json): Json => {
  const [key, ...rest] = path;
  if (key === undefined) return next;
  const copy = structuredClone(value) as { [key: string]: Json };
  copy[key] = replaced(copy[key] ?? null, rest, next);
  return copy;
};

/** Every text of a bundle, and the layers that answer for it. */
const REGIONS: readonly { readonly path: Path; readonly expected: Mutation['expected'] }[] = [
  { path: ['entry'], expected: ['statement', 'signature', 'inclusion'] },
  { path: ['type'], expected: ['statement'] },
  { path: ['domain', 'chainId'], expected: ['statement'] },
  { path: ['domain', 'evidenceLog'], expected: ['statement'] },
  { path: ['domain', 'logId'], expected: ['statement'] },
  { path: ['proof'], expected: ['inclusion', 'checkpoint'] },
  { path: ['verifierKeys', 0], expected: ['checkpoint'] },
  { path: ['anchor', 'block', 'hash'], expected: ['anchor'] },
  { path: ['anchor', 'block', 'header'], expected: ['anchor'] },
  { path: ['anchor', 'receipt', 'index'], expected: ['anchor'] },
  { path: ['anchor', 'receipt', 'bytes'], expected: ['anchor'] },
  { path: ['anchor', 'receipt', 'proof', 0], expected: ['anchor'] },
  { path: ['anchor', 'logIndex'], expected: ['anchor'] },
  { path: ['anchor', 'contract', 0], expected: ['anchor'] },
  { path: ['authority', 'registry', 0], expected: ['authority'] },
  { path: ['authority', 'record', 0, 0], expected: ['authority'] },
  { path: ['authority', 'record', 1, 0], expected: ['authority'] },
  { path: ['authority', 'record', 2, 0], expected: ['authority'] },
  { path: ['readings', 'profile'], expected: ['readings'] },
  { path: ['readings', 'disclosed', 0, 'block'], expected: ['readings'] },
  { path: ['readings', 'disclosed', 0, 'path', 0], expected: ['readings'] },
  { path: ['readings', 'disclosed', 0, 'index'], expected: ['readings'] },
];

const changedCharacter = (text: string, position: number, random: (below: number) => number): string => {
  const old = text[position] ?? '';
  const digits = /[0-9a-f]/u.test(old) ? '0123456789abcdef' : '!';
  let next = old;
  while (next === old)
    next = digits === '!' ? String.fromCharCode(33 + random(90)) : (digits[random(16)] ?? old);
  return text.slice(0, position) + next + text.slice(position + 1);
};

const singleBytes = function* (bundle: Json, each: number, seed: number): Generator<Mutation> {
  const random = sequence(seed);
  for (const { path, expected } of REGIONS) {
    const text = at(bundle, path);
    if (typeof text !== 'string') continue;
    for (let i = 0; i < each; i++) {
      const position = random(text.length);
      const next = changedCharacter(text, position, random);
      yield {
        name: `${path.join('.')}, character ${position}: ${JSON.stringify(text[position])} becomes ${JSON.stringify(next[position])}`,
        expected: [...expected, 'not a bundle'],
        text: canonicalJson(replaced(bundle, path, next)),
      };
    }
  }
};

const list = (bundle: Json, path: Path): readonly Json[] => at(bundle, path) as readonly Json[];

const structural = function* (bundle: Json): Generator<Mutation> {
  const set = (name: string, path: Path, next: Json, ...expected: Mutation['expected']): Mutation => ({
    name,
    expected,
    text: canonicalJson(replaced(bundle, path, next)),
  });
  yield set('no anchor', ['anchor'], null, 'anchor');
  yield set('no authority', ['authority'], null, 'authority');
  yield set('another version', ['format'], 'gridseal-bundle/2', 'not a bundle');
  yield set('a free member', ['comment'], 'trust me', 'not a bundle');
  yield set('a free member of the anchor', ['anchor', 'note'], 'x', 'not a bundle');
  yield set('no verifier key', ['verifierKeys'], [], 'checkpoint');
  const keys = list(bundle, ['verifierKeys']);
  yield set('a verifier key twice', ['verifierKeys'], [...keys, ...keys], 'checkpoint');
  for (const path of [
    ['anchor', 'receipt', 'proof'],
    ['anchor', 'contract'],
    ['authority', 'registry'],
    ['authority', 'record', 0],
    ['authority', 'record', 1],
  ] as const) {
    const nodes = list(bundle, path);
    const layer = path[0];
    yield set(`${path.join('.')} without its last node`, path, nodes.slice(0, -1), layer);
    yield set(`${path.join('.')} with a node too many`, path, [...nodes, '0x80'], layer);
    yield set(`${path.join('.')} without nodes`, path, [], layer);
  }
  const [first, second] = list(bundle, ['authority', 'record']);
  if (first !== undefined && second !== undefined) {
    const rest = list(bundle, ['authority', 'record']).slice(2);
    yield set('slots of the record swapped', ['authority', 'record'], [second, first, ...rest], 'authority');
  }
  yield set('a lineage nobody asked for', ['authority', 'lineage'], ['0x00'], 'authority');
  yield set('a consistency path too many', ['anchor', 'consistency'], [`0x${'00'.repeat(32)}`], 'anchor');
  const disclosed = list(bundle, ['readings', 'disclosed']);
  const [shown] = disclosed;
  if (shown !== undefined && disclosed.length > 1) {
    yield set('a reading shown twice', ['readings', 'disclosed'], [shown, ...disclosed], 'readings');
    yield set('readings out of order', ['readings', 'disclosed'], disclosed.toReversed(), 'readings');
    const path = list(bundle, ['readings', 'disclosed', 0, 'path']);
    yield set('a reading path too short', ['readings', 'disclosed', 0, 'path'], path.slice(1), 'readings');
    const other = at(bundle, ['readings', 'disclosed', 1, 'block']);
    yield set("another reading's block", ['readings', 'disclosed', 0, 'block'], other, 'readings');
  }
  const proof = at(bundle, ['proof']) as string;
  yield set(
    'a signature line cut off',
    ['proof'],
    `${proof.split('\n\n— ')[0] ?? ''}\n\n`,
    'checkpoint',
    'inclusion',
  );
  yield set(
    'an index moved by one',
    ['proof'],
    proof.replace(/index (\d+)/u, (_, n: string) => `index ${Number(n) + 1}`),
    'inclusion',
  );
  const text = canonicalJson(bundle);
  yield { name: 'a space', expected: ['not a bundle'], text: text.replace(',', ', ') };
  yield { name: 'a newline at the end', expected: ['not a bundle'], text: `${text}\n` };
  yield { name: 'a byte order mark', expected: ['not a bundle'], text: `\uFEFF${text}` };
  yield { name: 'cut in half', expected: ['not a bundle'], text: text.slice(0, text.length / 2) };
  yield { name: 'nothing', expected: ['not a bundle'], text: '' };
  yield { name: 'a member twice', expected: ['not a bundle'], text: text.replace('{', '{"anchor":null,') };
};

/**
 * Changed versions of a bundle, spread over every layer: `each` single characters of every region, and changes of structure.
 *
 * @example for (const mutation of mutationsOf(bytes, { each: 25, seed: 1 })) …
 */
export const mutationsOf = (
  bytes: Uint8Array,
  { each, seed }: { readonly each: number; readonly seed: number },
): Mutation[] => {
  const bundle = JSON.parse(fromUtf8(bytes)) as Json & Bundle;
  const original = canonicalJson(bundle);
  return [...singleBytes(bundle, each, seed), ...structural(bundle)].filter(({ text }) => text !== original);
};
