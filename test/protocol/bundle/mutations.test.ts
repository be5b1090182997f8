import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeBundle,
  encodeBundle,
  fromUtf8,
  ProtocolError,
  utf8,
  verify,
  type Bundle,
  type Hex,
  type LayerName,
  type Trust,
} from '../../../protocol/src/index.ts';
import { mutationsOf } from '../../mutations/mutations.ts';
import { revokedFixture, telemetryFixture } from './fixture.ts';

/** The layers that fail, or that the file is no bundle. A mutation is judged by trust that holds every layer. */
const refusal = (text: string, trust: Trust): readonly string[] => {
  let bundle: Bundle;
  try {
    bundle = decodeBundle(utf8(text));
  } catch (error) {
    if (error instanceof ProtocolError) return ['not a bundle'];
    throw error;
  }
  const { holds, layers } = verify(bundle, trust);
  assert.equal(holds, false, 'accepted');
  return layers.filter(({ status }) => status === 'fail').map(({ layer }) => layer);
};

describe('changes of a bundle', () => {
  it('are refused, all 600 of them, in the layer that answers for each', async () => {
    const { bundle, trust } = await telemetryFixture();
    const mutations = mutationsOf(encodeBundle(bundle), { each: 30, seed: 4 });
    assert.ok(mutations.length >= 600, `${mutations.length} mutations`);
    for (const { name, expected, text } of mutations) {
      const found = refusal(text, trust);
      assert.ok(
        expected.some((layer) => found.includes(layer)),
        `${name}: expected ${expected.join(' or ')}, found ${found.join(', ')}`,
      );
    }
  });

  it('spread over every layer that a file can fail in', async () => {
    const { bundle, trust } = await telemetryFixture();
    const met = new Set(
      mutationsOf(encodeBundle(bundle), { each: 30, seed: 5 }).flatMap(({ text }) => refusal(text, trust)),
    );
    const layers: (LayerName | 'not a bundle')[] = [
      'statement',
      'signature',
      'authority',
      'inclusion',
      'checkpoint',
      'anchor',
      'readings',
      'not a bundle',
    ];
    for (const layer of layers) assert.ok(met.has(layer), `nothing fails ${layer}`);
  });
});

/** Every text of a document with a text that differs in one digit or character, at each of its positions. */
function* everyPosition(text: string, step: number): Generator<{ at: number; changed: string }> {
  for (let at = 0; at < text.length; at += step) {
    const old = text[at] ?? '';
    const next = old === '0' ? '1' : /[0-9a-f]/u.test(old) ? '0' : old === 'x' ? 'y' : 'x';
    yield { at, changed: text.slice(0, at) + next + text.slice(at + 1) };
  }
}

describe('one character', () => {
  // A step that is no multiple of two meets both digits of bytes; other runs of the same test meet the rest.
  for (const [name, make] of [
    ['of a bundle', telemetryFixture],
    ['of a bundle with a lineage', revokedFixture],
  ] as const) {
    it(`${name} cannot be changed anywhere`, async () => {
      const { bundle, trust } = await make();
      const text = fromUtf8(encodeBundle(bundle));
      for (const { at, changed } of everyPosition(text, 23)) {
        assert.ok(refusal(changed, trust).length > 0, `accepted at ${at}: ${text.slice(at - 20, at + 20)}`);
      }
    });
  }
});

describe('a node, a line or a hash too many', () => {
  const lists: readonly (readonly [string, LayerName, (bundle: Bundle, extra: Hex) => Bundle])[] = [
    [
      'anchor.receipt.proof',
      'anchor',
      ({ anchor, ...rest }, extra) => {
        assert.ok(anchor);
        const receipt = { ...anchor.receipt, proof: [...anchor.receipt.proof, extra] };
        return { ...rest, anchor: { ...anchor, receipt } };
      },
    ],
    [
      'anchor.contract',
      'anchor',
      ({ anchor, ...rest }, extra) => {
        assert.ok(anchor);
        return { ...rest, anchor: { ...anchor, contract: [...anchor.contract, extra] } };
      },
    ],
    [
      'authority.registry',
      'authority',
      ({ authority, ...rest }, extra) => {
        assert.ok(authority);
        return { ...rest, authority: { ...authority, registry: [...authority.registry, extra] } };
      },
    ],
    [
      'authority.record, of the slot that is absent',
      'authority',
      ({ authority, ...rest }, extra) => {
        assert.ok(authority);
        const record = authority.record.map((nodes, i) => (i === 2 ? [...nodes, extra] : nodes));
        return { ...rest, authority: { ...authority, record } };
      },
    ],
  ];
  for (const [name, layer, add] of lists) {
    it(`is refused in ${name}, even one that the proof holds already`, async () => {
      const { bundle, trust } = await telemetryFixture();
      const last = bundle.anchor?.contract.at(-1) ?? '0x80';
      for (const extra of ['0x', '0x80', last] as const) {
        assert.deepEqual(refusal(fromUtf8(encodeBundle(add(bundle, extra))), trust), [layer]);
      }
    });
  }

  it('is refused where a witness signs twice under one key', async () => {
    const { bundle, trust } = await telemetryFixture();
    const line = bundle.proof.split('\n').at(-2) ?? '';
    const key = bundle.verifierKeys.at(-1) ?? '';
    const twice = { ...bundle, proof: `${bundle.proof}${line}\n` };
    for (const verifierKeys of [bundle.verifierKeys, [...bundle.verifierKeys, key]]) {
      const text = fromUtf8(encodeBundle({ ...twice, verifierKeys }));
      assert.deepEqual(refusal(text, trust), ['checkpoint']);
    }
  });

  it('is refused where the keys are not in the order of the lines', async () => {
    const { bundle, trust } = await telemetryFixture();
    const text = fromUtf8(encodeBundle({ ...bundle, verifierKeys: bundle.verifierKeys.toReversed() }));
    assert.deepEqual(refusal(text, trust), ['checkpoint']);
  });
});
