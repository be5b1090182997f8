import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  LAYERS,
  decodeBundle,
  encodeBundle,
  toHex,
  verify,
  type Bundle,
  type LayerName,
  type Trust,
  type VerifyOptions,
} from '../../../protocol/src/index.ts';
import {
  gapFixture,
  INDEX,
  owner,
  resetFixture,
  revokedFixture,
  revokedOwner,
  telemetryFixture,
  unenrolledFixture,
  type Fixture,
} from './fixture.ts';

/** What every layer came to, the code of a failure after it. */
const judged = (bundle: Bundle, trust: Trust, options?: VerifyOptions) =>
  verify(bundle, trust, options).layers.map(({ layer, status, code }) =>
    [layer, status, ...(code === undefined ? [] : [code])].join(' '),
  );

const failing = (bundle: Bundle, trust: Trust, options?: VerifyOptions): string[] =>
  judged(bundle, trust, options).filter((text) => text.includes(' fail '));

const passing = (except: readonly LayerName[] = []) =>
  LAYERS.map((layer) => `${layer} ${except.includes(layer) ? 'not checked' : 'pass'}`);

const without = (bundle: Bundle, members: Partial<Bundle>): Bundle => ({ ...bundle, ...members });
const fixture = await telemetryFixture();

describe('a bundle of a device', () => {
  it('holds in every layer under the trust of its verifier', () => {
    const { bundle, trust, digest } = fixture;
    assert.deepEqual(judged(bundle, trust), passing(['claims']));
    const { holds, summary } = verify(bundle, trust);
    assert.equal(holds, true);
    assert.equal(summary?.digest, toHex(digest));
    assert.equal(summary.index, INDEX);
    assert.deepEqual(
      summary.readings.map(({ value }) => value),
      [100n, 102n, 104n],
    );
  });

  it('is one file: decoding what was encoded gives the same', () => {
    assert.deepEqual(decodeBundle(encodeBundle(fixture.bundle)), fixture.bundle);
  });

  it('leaves the chain layers unchecked where no header is trusted: nothing fails, and it does not hold', () => {
    const trust = { ...fixture.trust, headers: [] };
    assert.deepEqual(judged(fixture.bundle, trust), passing(['authority', 'anchor', 'chain', 'claims']));
    const { holds, outcome } = verify(fixture.bundle, trust);
    assert.deepEqual({ holds, outcome }, { holds: false, outcome: 'incomplete' });
  });

  it('in a block that nobody pinned fails where the trust pins others [E7]', () => {
    const trust = { ...fixture.trust, headers: [`0x${'11'.repeat(32)}` as const] };
    const verdict = verify(fixture.bundle, trust);
    assert.deepEqual(failing(fixture.bundle, trust), ['chain fail BlockUntrusted']);
    assert.equal(verdict.outcome, 'fails');
  });

  it('does not hold when the caller asked a node and the node refused the block', () => {
    const { outcome } = verify(fixture.bundle, fixture.trust, { refusedBlock: 'replaced' });
    assert.equal(outcome, 'fails');
  });

  it('without an anchor fails unless the layers it lacks are waived by name, and does not hold then either', () => {
    const bundle = without(fixture.bundle, { anchor: null, authority: null });
    assert.deepEqual(failing(bundle, fixture.trust), ['authority fail Missing', 'anchor fail Missing']);
    assert.equal(verify(bundle, fixture.trust).outcome, 'fails');
    const waive = ['authority', 'anchor', 'chain'] as const;
    const verdict = verify(bundle, fixture.trust, { waive });
    assert.deepEqual([verdict.holds, verdict.outcome], [false, 'incomplete']);
    assert.deepEqual(
      verdict.layers.filter(({ waived }) => waived).map(({ layer }) => layer),
      waive,
    );
  });

  it('that contradicts itself cannot be waived', () => {
    const anchor = fixture.bundle.anchor;
    assert.ok(anchor);
    const bundle = without(fixture.bundle, { anchor: { ...anchor, logIndex: '0' } });
    assert.deepEqual(failing(bundle, fixture.trust), ['anchor fail EventMissing']);
    assert.equal(verify(bundle, fixture.trust, { waive: LAYERS }).outcome, 'fails');
  });
});

describe('trust', () => {
  const { bundle, trust } = fixture;
  const [log] = trust.logs;
  assert.ok(log);
  const [noteKey] = log.noteKeys;
  assert.ok(noteKey);
  const other = `0x${'11'.repeat(32)}` as const;
  const cases: readonly (readonly [string, Partial<Trust>, readonly string[]])[] = [
    ['another chain', { chainId: '1' }, ['statement fail ChainUntrusted']],
    [
      'another operator',
      { logs: [{ ...log, operator: toHex(owner.identity) }] },
      [], // A device's statement does not rest on the operator's name.
    ],
    ['no note key', { logs: [{ ...log, noteKeys: [] }] }, ['checkpoint fail NoteKeyUntrusted']],
    [
      'a note key for later sizes',
      { logs: [{ ...log, noteKeys: [{ ...noteKey, from: '8' }] }] },
      ['checkpoint fail NoteKeyUntrusted'],
    ],
    [
      'a note key for earlier sizes',
      { logs: [{ ...log, noteKeys: [{ ...noteKey, to: '7' }] }] },
      ['checkpoint fail NoteKeyUntrusted'],
    ],
    [
      'a larger quorum',
      { witnesses: { ...trust.witnesses, quorum: '2' } },
      ['checkpoint fail QuorumMissing'],
    ],
    [
      'other witnesses',
      { witnesses: { from: '0', quorum: '1', keys: [] } },
      ['checkpoint fail QuorumMissing'],
    ],
    [
      'other code of EvidenceLog',
      { evidenceLog: { ...trust.evidenceLog, codeHash: other } },
      ['anchor fail CodeHash'],
    ],
    [
      'other code of DeviceRegistry',
      { deviceRegistry: { ...trust.deviceRegistry, codeHash: other } },
      ['authority fail CodeHash'],
    ],
    [
      'no log',
      { logs: [] },
      ['statement fail LogUntrusted', 'authority fail LogUntrusted', 'checkpoint fail LogUntrusted'],
    ],
  ];
  for (const [name, changes, expected] of cases) {
    it(`in ${name}`, () => {
      assert.deepEqual(failing(bundle, { ...trust, ...changes }), expected);
    });
  }
});

describe('authority', () => {
  const refused: readonly (readonly [string, () => Promise<Fixture>, string])[] = [
    ['a key never enrolled', unenrolledFixture, 'KeyUnknown'],
    ['a key that is no device', () => telemetryFixture({ record: { purpose: 3n } }), 'PurposeMismatch'],
    ['a key of another algorithm', () => telemetryFixture({ record: { algorithm: 1n } }), 'PurposeMismatch'],
    [
      'another profile',
      () => telemetryFixture({ record: { profile: new Uint8Array(32).fill(9) } }),
      'ProfileMismatch',
    ],
    [
      'a key revoked with nothing left good',
      () => telemetryFixture({ record: { revokedAt: 1_767_225_650n } }),
      'KeyRevoked',
    ],
    [
      'a key revoked after another chain',
      () => telemetryFixture({ record: { revokedAt: 1_767_225_650n, lastGood: new Uint8Array(32).fill(7) } }),
      'LineageBroken',
    ],
    ['an owner whose own key is revoked', () => resetFixture(revokedOwner), 'KeyRevoked'],
    ["an operator's kind by another", () => gapFixture(owner), 'AuthorMismatch'],
  ];
  for (const [name, make, code] of refused) {
    it(`refuses ${name}`, async () => {
      const { bundle, trust } = await make();
      assert.deepEqual(failing(bundle, trust), [`authority fail ${code}`]);
    });
  }

  it('follows a revoked key from the last good statement back', async () => {
    const { bundle, trust } = await revokedFixture();
    assert.deepEqual(failing(bundle, trust), []);
    const { authority } = bundle;
    assert.ok(authority);
    const [last, next] = authority.lineage;
    assert.ok(last !== undefined && next !== undefined);
    for (const lineage of [[], [last], [next], [next, last], [last, next, last]]) {
      const changed = without(bundle, { authority: { ...authority, lineage } });
      assert.deepEqual(failing(changed, trust), ['authority fail LineageBroken']);
    }
  });

  it("admits an owner's Reset by its own address, which the block proves not to be revoked", async () => {
    const { bundle, trust } = await resetFixture();
    assert.deepEqual(judged(bundle, trust), passing(['readings', 'claims']));
    const { authority } = bundle;
    assert.ok(authority);
    const lineage = without(bundle, { authority: { ...authority, lineage: ['0x00'] } });
    assert.deepEqual(failing(lineage, trust), ['authority fail LineageBroken']);
    const bare = without(bundle, { authority: null });
    assert.deepEqual(failing(bare, trust), ['authority fail Missing']);
  });

  it('of the operator comes from trust, even where no block is trusted', async () => {
    const { bundle, trust } = await gapFixture();
    assert.deepEqual(
      judged(bundle, { ...trust, headers: [] }),
      passing(['anchor', 'chain', 'readings', 'claims']),
    );
    const [log] = trust.logs;
    assert.ok(log);
    const otherwise = { ...trust, logs: [{ ...log, operator: toHex(owner.identity) }] };
    assert.deepEqual(failing(bundle, otherwise), ['authority fail AuthorMismatch']);
  });
});

describe('what only a whole bundle can show', () => {
  it('a transaction that was reverted anchors nothing', async () => {
    const { bundle, trust } = await telemetryFixture({ succeeded: false });
    assert.deepEqual(failing(bundle, trust), ['anchor fail TransactionFailed']);
  });

  it('readings beside a statement that commits to none fail, and are not a gap to waive', async () => {
    const { bundle, trust } = await gapFixture();
    const changed = without(bundle, { readings: fixture.bundle.readings });
    assert.deepEqual(failing(changed, trust), ['readings fail NothingCommitted']);
    assert.equal(verify(changed, trust, { waive: ['readings'] }).holds, false);
  });

  it('what a bundle says at length is cut in its verdict', () => {
    const type = `Long(Header header${',uint8 a'.repeat(100_000)})`;
    const { layers } = verify(without(fixture.bundle, { type }), fixture.trust);
    const [statement] = layers;
    assert.equal(statement?.code, 'InvalidTypeString');
    assert.match(statement.actual ?? '', /… \(\d+ characters\)$/u);
    assert.ok(JSON.stringify(layers).length < 10_000);
  });

  it('text that is not Unicode is not a bundle: its hash would be that of another text', () => {
    const { readings } = fixture.bundle;
    assert.ok(readings);
    const bundle = without(fixture.bundle, { readings: { ...readings, profile: '\ud800' } });
    assert.throws(() => encodeBundle(bundle), { name: 'ProtocolError', code: 'InvalidJson' });
  });
});
