import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeEntry,
  digest as digestOf,
  encodeAuthorPart,
  encodeEntry,
  fromHex,
  normaliseSignature,
  NOTE_ALGORITHM,
  noteSignerFrom,
  portable,
} from '@gridseal/protocol';
import type { AuditState } from '@gridseal/sdk/audit/audit';
import { audit, entryOf, findingsOf, openingOf, operatorChain, sourceOf } from '../../setup/audited-log.ts';
import { createTestDevice, p256Key, secp256k1Key, testDomain } from '../../setup/devices.ts';

const state = operatorChain();
const declarations = openingOf(state);

const batches = (count: number): Uint8Array[] => {
  const device = createTestDevice(secp256k1Key(new Uint8Array(32).fill(5)));
  return Array.from({ length: count }, () => entryOf(device.next().authorPart));
};
const at = declarations.length;

/** An entry with another signature. */
const resigned = (entry: Uint8Array, change: (signature: Uint8Array, digest: Uint8Array) => Uint8Array) => {
  const { authorPart } = decodeEntry(entry);
  const signature = change(authorPart.signature, digestOf(authorPart, testDomain));
  return entryOf(encodeAuthorPart({ ...authorPart, signature }));
};
const otherParity = (signature: Uint8Array) => signature.with(65, 55 - signature[65]!);

describe('an audit', () => {
  it('finds a log of several bundles sound', async () => {
    const report = await audit(sourceOf([...declarations, ...batches(600)]));
    assert.deepEqual([report.findingCount, report.size, report.chains], [0, BigInt(600 + at), 2]);
    assert.deepEqual(report.holes, { missing: 0n, recorded: 0n });
  });

  it('takes statements in any order, and counts what is missing and what of it is recorded', async () => {
    const sent = batches(10);
    const [late, lost, ...others] = [sent[4]!, sent[6]!];
    assert.deepEqual(others, []);
    const kept = sent.filter((entry) => entry !== late && entry !== lost);
    const { header } = decodeEntry(lost).authorPart;
    const chain = operatorChain();
    const opening = openingOf(chain);
    const gap = chain('Gap', {
      subject: header.author,
      lane: 0,
      boot: 0,
      firstSequence: 6n,
      lastSequence: 6n,
      windowMs: 1n,
    });
    const unrecorded = await audit(sourceOf([...opening, ...kept, late]));
    assert.deepEqual(unrecorded.holes, { missing: 1n, recorded: 0n });
    const report = await audit(sourceOf([...opening, ...kept, late, gap]));
    assert.deepEqual([report.findingCount, report.holes], [0, { missing: 1n, recorded: 1n }]);
  });

  it('names what contradicts the statement before it, unless an Equivocation records it', async () => {
    const key = secp256k1Key(new Uint8Array(32).fill(5));
    const device = createTestDevice(key);
    const first = device.next();
    const conflicting = new Uint8Array(32).fill(9);
    const second = device.next({ header: { previous: conflicting } });
    const entries = [first, second].map(({ authorPart }) => entryOf(authorPart));
    assert.deepEqual(await findingsOf(sourceOf([...declarations, ...entries])), [
      `entry ${at + 1} chain-broken`,
    ]);
    const chain = operatorChain();
    const opening = openingOf(chain);
    const recorded = chain('Equivocation', {
      subject: key.identity,
      lane: 0,
      boot: 0,
      sequence: 0n,
      acceptedDigest: first.digest,
      conflictingDigest: conflicting,
      conflicting: second.authorPart,
    });
    assert.deepEqual(await findingsOf(sourceOf([...opening, ...entries, recorded])), []);
  });

  it('names a place that is taken twice', async () => {
    const [first] = batches(1);
    assert.deepEqual(await findingsOf(sourceOf([...declarations, first!, first!])), [
      `entry ${at + 1} place-taken`,
    ]);
  });

  it('names an entry that is no statement, and a type that nothing declares', async () => {
    const [first] = batches(1);
    assert.deepEqual(await findingsOf(sourceOf([...declarations, Uint8Array.of(1, 2)])), [
      `entry ${at} entry-malformed`,
    ]);
    assert.deepEqual(await findingsOf(sourceOf([first!])), ['entry 0 type-undeclared']);
  });

  it('names a signature of another key', async () => {
    const [first] = batches(1);
    const { authorPart } = decodeEntry(first!);
    const other = secp256k1Key(new Uint8Array(32).fill(6)).sign(digestOf(authorPart, testDomain));
    const forged = entryOf(encodeAuthorPart({ ...authorPart, signature: other }));
    assert.deepEqual(await findingsOf(sourceOf([...declarations, forged])), [
      `entry ${at} signature-invalid`,
    ]);
  });

  it('names each wrong signature among many good ones, and no other', async () => {
    const elliptic = createTestDevice(p256Key());
    const sent = [
      ...batches(200),
      ...Array.from({ length: 12 }, () => resigned(entryOf(elliptic.next().authorPart), normaliseSignature)),
    ];
    const stranger = secp256k1Key(new Uint8Array(32).fill(6));
    const wrong: [number, (signature: Uint8Array, digest: Uint8Array) => Uint8Array][] = [
      [0, otherParity],
      [70, (_, digest) => stranger.sign(digest)],
      [71, (signature) => signature.with(64, signature[64]! ^ 1)],
      [199, otherParity],
      [205, (signature) => signature.with(128, signature[128]! ^ 1)],
    ];
    for (const [i, change] of wrong) sent[i] = resigned(sent[i]!, change);
    const entries = [...declarations, ...sent];
    const expected = wrong.map(([i]) => `entry ${at + i} signature-invalid`);
    const sorted = (found: string[]) =>
      found.sort((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1]));
    assert.deepEqual(sorted(await findingsOf(sourceOf(entries))), expected);
    const oneByOne = await audit(sourceOf(entries), { primitives: portable });
    assert.deepEqual(
      oneByOne.findings.map(({ code, where }) => `${where} ${code}`),
      expected,
    );
  });

  it('names a key identifier that is no address', async () => {
    const device = createTestDevice(secp256k1Key(new Uint8Array(32).fill(5)));
    const keyId = device.key.keyId.with(3, 1);
    const sent = Array.from({ length: 20 }, () => entryOf(device.next({ header: { keyId } }).authorPart));
    assert.equal((await findingsOf(sourceOf([...declarations, ...sent]))).length, 20);
  });

  it('names anchors of another root, and beyond the log', async () => {
    const anchors = [
      { size: 3n, root: fromHex(`0x${'ab'.repeat(32)}`) },
      { size: 1_000n, root: fromHex(`0x${'cd'.repeat(32)}`) },
    ];
    const source = sourceOf(declarations, { anchors: async () => anchors });
    assert.deepEqual(await findingsOf(source), [
      'anchor at 3 anchor-differs',
      'anchor at 1000 anchor-differs',
    ]);
  });

  it('names payload blocks that are gone or are others', async () => {
    const cid = new Uint8Array([0x01, 0x55, 0x12, 0x20, ...portable.sha256(Uint8Array.of(1))]);
    const operatorPart = { receiptTimeMs: 1n, payloadCid: cid, keyCommitment: new Uint8Array(32) };
    const [first] = batches(1);
    const entry = encodeEntry({ authorPart: decodeEntry(first!).authorPart, operatorPart });
    const holding = (block: Uint8Array | undefined) =>
      sourceOf([...declarations, entry], { payloadsBelow: async () => 100n, payload: async () => block });
    assert.deepEqual(await findingsOf(holding(Uint8Array.of(1))), []);
    assert.deepEqual(await findingsOf(holding(undefined)), [`entry ${at} payload-missing`]);
    assert.deepEqual(await findingsOf(holding(Uint8Array.of(2))), [`entry ${at} payload-differs`]);
  });

  it('names a checkpoint of another log', async () => {
    const other = noteSignerFrom('log.other/0', NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(3));
    const report = await audit(sourceOf(declarations), { key: other.verifierKey });
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ['checkpoint-invalid'],
    );
  });

  it('stopped at any of its states it goes on to the same report', async () => {
    const sent = batches(1_100);
    const device = sent.splice(400, 1);
    // Its state is taken while it waits for others of its key.
    sent[490] = resigned(sent[490]!, otherParity);
    const source = sourceOf([...declarations, ...sent, ...device, Uint8Array.of(0)]);
    const states: AuditState[] = [];
    const whole = await audit(source, {
      stateEvery: 512n,
      onState: async (reached) => void states.push(JSON.parse(JSON.stringify(reached)) as AuditState),
    });
    assert.equal(states.length, 2);
    for (const resume of states) assert.deepEqual(await audit(source, { resume }), whole);
    assert.equal(whole.findingCount, 2);
  });
});
