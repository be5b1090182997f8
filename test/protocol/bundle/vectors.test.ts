import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  LAYER_CODES,
  decodeBundle,
  encodeBundle,
  encodeTrust,
  fromUtf8,
  parseTrust,
  portable,
  readBundle,
  REMARK_CODES,
  verify,
} from '../../../protocol/src/index.ts';
import { bundleOf, trustOf } from '../../setup/vector-documents.ts';
import { runVectors } from '../vectors.ts';

runVectors('bundle.json', {
  read: ({ bundle, ...change }) => {
    const bytes = bundleOf(bundle, change);
    const read = readBundle(bytes);
    const canonical = encodeBundle(read.bundle);
    if (read.isReformatted) assert.throws(() => decodeBundle(bytes), { name: 'ProtocolError' });
    else assert.deepEqual(encodeBundle(decodeBundle(bytes)), Uint8Array.from(bytes));
    return { sha256: portable.sha256(canonical), isReformatted: read.isReformatted };
  },
});

runVectors('trust.json', {
  parse: (change) => ({ text: fromUtf8(encodeTrust(parseTrust(fromUtf8(trustOf(change))))) }),
});

runVectors('verdict.json', {
  verify: ({ bundle, patch, trustPatch, options }) => {
    const trust = parseTrust(fromUtf8(trustOf({ patch: trustPatch })));
    const { notBefore } = options ?? {};
    const { holds, layers, outcome, remarks } = verify(decodeBundle(bundleOf(bundle, { patch })), trust, {
      ...options,
      ...(notBefore === undefined ? {} : { notBefore: { timestamp: 0n, ...notBefore } }),
    });
    return {
      holds,
      outcome,
      remarks: remarks.map(({ code }) => code),
      layers: Object.fromEntries(
        layers.map(({ layer, status, code }) => [layer, code === undefined ? status : `${status} ${code}`]),
      ),
    };
  },
});

test('the verdicts meet every code of a layer', () => {
  const text = readFileSync(new URL('../../vectors/verdict.json', import.meta.url), 'utf8');
  // Unreadable is for what a check of ours let through, which no vector shows.
  for (const code of LAYER_CODES.filter((each) => each !== 'Unreadable'))
    assert.ok(text.includes(`"fail ${code}"`), `no vector fails with ${code}`);
  // How the file is laid out is for the vectors of bundle.json.
  for (const code of REMARK_CODES.filter((each) => each !== 'Reformatted'))
    assert.ok(text.includes(`"${code}"`), `no vector is remarked on with ${code}`);
});
