import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  LAYER_CODES,
  PROTOCOL_ERROR_CODES,
  ProtocolError,
  parseTrust,
  readBundle,
  utf8,
  verify,
} from '../../../protocol/src/index.ts';
import { bundleOf, trustOf } from '../../setup/vector-documents.ts';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const trust = parseTrust(new TextDecoder().decode(trustOf()));
const deep = (levels: number): Json => (levels === 0 ? '0x' : [deep(levels - 1)]);
/** What stands in the place of each value, one at a time. */
const VALUES: readonly Json[] = [
  '0x',
  '0x00',
  '0xc0',
  '0xf90000',
  `0x${'ff'.repeat(64)}`,
  `0x${'c1'.repeat(200)}`,
  '',
  '0',
  '18446744073709551615',
  '99999999999999999999',
  'Header(Header header)',
  'x\n\n— x AAAAAAAA\n',
  null,
  true,
  0,
  -1.5,
  [],
  {},
  deep(10),
  'a'.repeat(70_000),
];

/** The path of every value of a document. */
const paths = (value: Json, at: readonly (string | number)[] = []): (readonly (string | number)[])[] => [
  at,
  ...(typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) =>
        paths(inner, [...at, Array.isArray(value) ? Number(name) : name]),
      )
    : []),
];
const replaced = (value: Json, path: readonly (string | number)[], put: Json): Json => {
  const [name, ...rest] = path;
  if (name === undefined) return put;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as { [name: string]: Json };
  copy[name] = replaced(copy[name] ?? null, rest, put);
  return copy;
};

/** Which of the replacements are tried: each of them with FUZZ=long, else one in seven, others for every bundle. */
const STEP = process.env.FUZZ === 'long' ? 1 : 7;

const KNOWN = new Set<string>([...LAYER_CODES, ...PROTOCOL_ERROR_CODES]);

describe('every value of a bundle, replaced by what it is not', () => {
  for (const name of ['device', 'revoked', 'equivocation', 'owner'])
    it(`ends in a verdict by code or in no bundle: ${name} [E8]`, () => {
      const document = JSON.parse(new TextDecoder().decode(bundleOf(name))) as Json;
      let judged = 0;
      let tried = name.length;
      for (const path of paths(document))
        for (const put of VALUES) {
          tried += 1;
          if (tried % STEP !== 0) continue;
          const text = JSON.stringify(replaced(document, path, put));
          try {
            const { layers, outcome } = verify(readBundle(utf8(text)).bundle, trust);
            judged += 1;
            for (const { status, code, detail } of layers) {
              assert.ok(detail.length > 0 && detail.length < 2_000);
              if (status === 'fail')
                assert.ok(code !== undefined && code !== 'Unreadable', `${path.join('.')}: ${detail}`);
            }
            assert.ok(['holds', 'incomplete', 'fails'].includes(outcome));
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error;
            assert.ok(KNOWN.has(error.code));
          }
        }
      assert.ok(judged > 0, `${judged} judged`);
    });
});
