import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeEntry, encodeAuthorPart, encodeEntry, KINDS } from '@gridseal/protocol';
import type { AuditState } from '@gridseal/sdk/audit/audit';
import {
  audit,
  entryOf,
  findingsOf,
  openingOf,
  operator,
  operatorChain,
  sourceOf,
  type OperatorChain,
} from '../../setup/audited-log.ts';
import {
  createTestDevice,
  secp256k1Key,
  signStatement,
  type SignedSubmission,
  type TestKey,
} from '../../setup/devices.ts';

const key = secp256k1Key(new Uint8Array(32).fill(5));
const stranger = secp256k1Key(new Uint8Array(32).fill(6));
const opening = Object.keys(KINDS).length;
const NAMED = new Uint8Array(32).fill(9);

/** A log: what is declared, and what `make` puts after it. */
const logOf = (make: (operatorStates: OperatorChain) => readonly Uint8Array[]): Uint8Array[] => {
  const chain = operatorChain();
  return [...openingOf(chain), ...make(chain)];
};
const found = (make: (operatorStates: OperatorChain) => readonly Uint8Array[]): Promise<string[]> =>
  findingsOf(sourceOf(logOf(make)));

const batches = (count: number, by: TestKey = key): SignedSubmission[] => {
  const device = createTestDevice(by);
  return Array.from({ length: count }, () => device.next());
};
const entriesOf = (sent: readonly SignedSubmission[]): Uint8Array[] =>
  sent.map(({ authorPart }) => entryOf(authorPart));

/** Two statements of which the second follows another than the first. */
const brokenChain = () => {
  const device = createTestDevice(key);
  const first = device.next();
  return [first, device.next({ header: { previous: NAMED } })] as const;
};
/** A statement of the same number as the first of the device, by a key under the device's name. */
const another = (by: TestKey): SignedSubmission =>
  createTestDevice(by).next({ header: { author: key.identity } });

const equivocation = (
  accepted: Uint8Array,
  { digest, authorPart }: Pick<SignedSubmission, 'digest' | 'authorPart'>,
) => ({
  subject: key.identity,
  lane: 0,
  boot: 0,
  sequence: 0n,
  acceptedDigest: accepted,
  conflictingDigest: digest,
  conflicting: authorPart,
});
const gap = (firstSequence: bigint, lastSequence: bigint) => ({
  subject: key.identity,
  lane: 0,
  boot: 0,
  firstSequence,
  lastSequence,
  windowMs: 1n,
});

describe('an audit of what the operator says of a device', () => {
  it('names an Equivocation that the device never signed, and the broken chain that it was to silence [E4]', async () => {
    const [first, second] = brokenChain();
    const part = decodeEntry(entryOf(second.authorPart)).authorPart;
    const forged = encodeAuthorPart({ ...part, signature: stranger.sign(second.digest) });
    const findings = await found((states) => [
      ...entriesOf([first, second]),
      states('Equivocation', equivocation(first.digest, { digest: NAMED, authorPart: forged })),
    ]);
    assert.deepEqual(findings, [
      `entry ${opening + 2} equivocation-unproven`,
      `entry ${opening + 1} chain-broken`,
    ]);
  });

  it('names an Equivocation by a key of nobody under the name of the device [E4]', async () => {
    const [first] = batches(1);
    const findings = await found((states) => [
      ...entriesOf([first!]),
      states('Equivocation', equivocation(first!.digest, another(stranger))),
    ]);
    assert.deepEqual(findings, [`entry ${opening + 1} equivocation-unproven`]);
  });

  it('names an Equivocation by another digest than that of the contradiction [E4]', async () => {
    const [first] = batches(1);
    const { authorPart } = another(key);
    const findings = await found((states) => [
      ...entriesOf([first!]),
      states('Equivocation', equivocation(first!.digest, { digest: NAMED, authorPart })),
    ]);
    assert.deepEqual(findings, [`entry ${opening + 1} equivocation-unproven`]);
  });

  it('names an Equivocation against a statement that the log does not hold [E4]', async () => {
    const sent = batches(3);
    for (const accepted of [NAMED, sent[1]!.digest]) {
      const findings = await found((states) => [
        ...entriesOf(sent),
        states('Equivocation', equivocation(accepted, another(key))),
      ]);
      assert.deepEqual(findings, [`entry ${opening + 3} equivocation-unproven`]);
    }
  });

  it('finds what was accepted, however long ago, also after it was stopped in between', async () => {
    const sent = batches(600);
    const entries = logOf((states) => [
      ...entriesOf(sent),
      states('Equivocation', equivocation(sent[0]!.digest, another(key))),
      states('Equivocation', equivocation(NAMED, another(key))),
    ]);
    const more = entriesOf(batches(400, stranger));
    const source = sourceOf([...entries, ...more]);
    const states: AuditState[] = [];
    const whole = await audit(source, {
      stateEvery: 256n,
      onState: async (state) => void states.push(JSON.parse(JSON.stringify(state)) as AuditState),
    });
    assert.deepEqual(
      whole.findings.map(({ code, where }) => `${where} ${code}`),
      [`entry ${opening + 601} equivocation-unproven`],
    );
    assert.equal(states.length, 3);
    for (const resume of states) assert.deepEqual(await audit(source, { resume }), whole);
  });

  it('takes a key that the registry is said to have enrolled for the device', async () => {
    const [first] = batches(1);
    const enrolled = {
      identity: key.identity,
      keyId: stranger.keyId,
      change: 1,
      blockNumber: 1n,
      blockHash: NAMED,
      transactionHash: NAMED,
      logIndex: 0,
    };
    const findings = await found((states) => [
      states('RegistryEvent', enrolled),
      ...entriesOf([first!]),
      states('Equivocation', equivocation(first!.digest, another(stranger))),
    ]);
    assert.deepEqual(findings, []);
  });

  it('names a Gap over statements that the log holds [E4]', async () => {
    const sent = batches(6);
    for (const [first, last, kept] of [
      [0n, 0n, sent],
      [1n, 3n, sent],
      [2n, 4n, [0, 1, 4, 5].map((i) => sent[i]!)],
    ] as const) {
      const findings = await found((states) => [...entriesOf(kept), states('Gap', gap(first, last))]);
      assert.deepEqual(findings, [`entry ${opening + kept.length} gap-false`]);
    }
  });

  it('names a Gap after which the log holds nothing [E4]', async () => {
    const sent = batches(2);
    for (const kept of [sent, []]) {
      const findings = await found((states) => [...entriesOf(kept), states('Gap', gap(2n, 9n))]);
      assert.deepEqual(findings, [`entry ${opening + kept.length} gap-false`]);
    }
  });

  it('counts nothing as recorded by a false Gap, and takes what comes late after a true one', async () => {
    const sent = batches(6);
    const kept = [0, 1, 4, 5].map((i) => sent[i]!);
    const { holes } = await audit(
      sourceOf(logOf((states) => [...entriesOf(kept), states('Gap', gap(1n, 3n))])),
    );
    assert.deepEqual(holes, { missing: 2n, recorded: 0n });
    const late = await found((states) => [
      ...entriesOf(kept),
      states('Gap', gap(2n, 3n)),
      ...entriesOf([sent[3]!]),
    ]);
    assert.deepEqual(late, []);
  });

  it("names what is the operator's to say and was said by somebody else, and believes none of it [E4]", async () => {
    const sent = batches(4);
    const kept = [sent[0]!, sent[3]!];
    const said = signStatement(stranger, 'Gap', {}, gap(1n, 2n));
    const { findings, holes } = await audit(
      sourceOf(logOf(() => [...entriesOf(kept), entryOf(said.authorPart)])),
    );
    assert.deepEqual(
      findings.map(({ code, where }) => `${where} ${code}`),
      [`entry ${opening + 2} author-mismatch`],
    );
    assert.deepEqual(holes, { missing: 2n, recorded: 0n });
    const declared = signStatement(stranger, 'TypeDeclaration', {}, { declaration: KINDS.Gap.type });
    assert.deepEqual(await findingsOf(sourceOf([entryOf(declared.authorPart)])), [
      'entry 0 author-mismatch',
      'entry 0 type-undeclared',
    ]);
  });

  it('names a batch of the operator [E4]', async () => {
    const measured = createTestDevice(operator).next({ header: { lane: 1 } });
    assert.deepEqual(await found(() => [entryOf(measured.authorPart)]), [`entry ${opening} author-mismatch`]);
  });

  it('names an Erasure of a batch that the log does not hold [E4]', async () => {
    const [first, second] = batches(2);
    const cid = new Uint8Array([0x01, 0x55, 0x12, 0x20, ...NAMED]);
    const operatorPart = { receiptTimeMs: 1n, payloadCid: cid, keyCommitment: NAMED };
    const stored = encodeEntry({ authorPart: first!.authorPart, operatorPart });
    const erasure = (erased: Uint8Array, keyCommitment: Uint8Array) => ({
      erased,
      keyCommitment,
      reason: 'asked for',
    });
    const of = (body: ReturnType<typeof erasure>) =>
      found((states) => [stored, ...entriesOf([second!]), states('Erasure', body)]);
    assert.deepEqual(await of(erasure(first!.digest, NAMED)), []);
    for (const body of [
      erasure(second!.digest, NAMED),
      erasure(first!.digest, new Uint8Array(32).fill(8)),
      erasure(NAMED, NAMED),
    ])
      assert.deepEqual(await of(body), [`entry ${opening + 2} erasure-unproven`]);
  });
});
