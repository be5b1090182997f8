// The bundles that the vectors start from, and the trust under which every layer of each holds.
import type { Hex } from 'viem';
import { domain, logId, operatorAddress, seeded } from '../fixture.ts';
import { cosignedLine, signedLine, verifierKeyOf, type Key } from '../note-reference.ts';
import { toBuffer } from '../reference.ts';
import { auditPath, consistencyProof, treeOf } from '../tree-reference.ts';
import type { Fields } from '../reference.ts';
import type { Json } from '../vector.ts';
import { buildBlock, codeHashes, integer, rlp, type RecordWords } from './chain.ts';
import {
  device,
  disclosed,
  operator,
  owner,
  profile,
  profileHash,
  statementOf,
  type Author,
  type Statement,
} from './statements.ts';

const EPOCH = 0n;
const INDEX = 5;
const CHECKPOINT_SIZE = 7n;
const ANCHORED_SIZE = 11n;
const COSIGNED_AT = 1_767_225_602n;
const deviceRegistry: Hex = '0x5fbdb2315678afecb367f032d93f642f64180aa3';

const origin = `log.example/${logId.slice(2)}/${EPOCH}`;
export const logKey: Key = { name: origin, algorithm: 1, seed: seeded('bundle log key') };
export const witness: Key = { name: 'witness.example/1', algorithm: 4, seed: seeded('bundle witness key') };
export const stranger: Key = { name: 'witness.example/2', algorithm: 4, seed: seeded('bundle stranger key') };

const base64 = (hash: Hex): string => toBuffer(hash).toString('base64');

/** How a bundle differs from the plain one. */
type Choices = {
  readonly statement: Statement;
  readonly number: bigint;
  readonly record?: RecordWords;
  readonly slot?: Hex | undefined;
  readonly lineage?: readonly Hex[];
  readonly succeeded?: boolean;
};

async function bundleOf({ statement, number, record, slot, lineage = [], succeeded = true }: Choices) {
  const { author, kind, entry, type } = statement;
  const root = treeOf(
    Array.from({ length: Number(ANCHORED_SIZE) }, (_, i) => (i === INDEX ? entry : seeded(`entry ${i}`))),
  );
  const text = `${origin}\n${CHECKPOINT_SIZE}\n${base64(root(0n, CHECKPOINT_SIZE))}\n`;
  const note = `${text}\n${signedLine(logKey, text)}${cosignedLine(witness, text, COSIGNED_AT)}`;
  const path = auditPath(root, BigInt(INDEX), 0n, CHECKPOINT_SIZE).map(base64);
  const block = await buildBlock({
    number,
    evidenceLog: domain.evidenceLog,
    deviceRegistry,
    identity: author.identity,
    keyId: author.keyId,
    record,
    ...(slot === undefined ? {} : { slot }),
    anchored: { logId, epoch: EPOCH, size: ANCHORED_SIZE, root: root(0n, ANCHORED_SIZE) },
    succeeded,
  });
  return {
    format: 'gridseal-bundle/1',
    domain: { ...domain },
    type,
    entry,
    proof: ['c2sp.org/tlog-proof@v1', `index ${INDEX}`, ...path, '', note].join('\n'),
    verifierKeys: [verifierKeyOf(logKey), verifierKeyOf(witness)],
    anchor: { ...block.anchor, consistency: consistencyProof(root, CHECKPOINT_SIZE, ANCHORED_SIZE) },
    authority: author === operator ? null : { ...block.authority, lineage },
    readings: kind === 'TelemetryBatch' ? { profile, disclosed: [0, 2, 4].map(disclosed) } : null,
  } satisfies Json;
}

/** First slot: `validFrom`, `revokedAt`, `purpose`, `algorithm` from the least significant bits. */
const packed = ({ revokedAt = 0n, purpose = 1n, algorithm = 2n }): bigint =>
  1_767_000_000n | (revokedAt << 64n) | (purpose << 128n) | (algorithm << 144n);

const enrolled = (fields: Parameters<typeof packed>[0] = {}, lastGood: Hex = '0x00'): RecordWords => [
  packed(fields),
  BigInt(profileHash),
  BigInt(lastGood),
];

const REVOKED = 1_767_225_650n;
const place = (sequence: number, previous: Hex) => ({ sequence: String(sequence), previous });
const batch = (author: Author = device): Statement =>
  statementOf('TelemetryBatch', author, place(2, seeded('previous')));

const first = batch();
const next = statementOf('TelemetryBatch', device, place(3, first.digest));
const last = statementOf('TelemetryBatch', device, place(4, next.digest));
const reset = statementOf('Reset', owner);
const byKeyOfOwner = statementOf('Reset', { ...device, identity: owner.identity });
const byOwner = statementOf('Gap', owner);

/** The block that the bundles of times stand in, and how the header of a statement in it may be changed. */
const BLOCK = 9_000n;
const HOUR = 3_600_000;
const SIGNED = 1_767_225_600_000;
const timed = (chain: Fields, change: Fields = {}, receiptTimeMs?: string) => ({
  statement: statementOf(
    'TelemetryBatch',
    device,
    { ...place(2, seeded('previous')), ...chain },
    change,
    receiptTimeMs,
  ),
  record: enrolled(),
  number: BLOCK,
});
const after = (block: bigint, hash: Hex) => timed({ notBeforeBlock: String(block), notBeforeHash: hash });
const stated = (kind: string, change: Fields = {}) => ({
  statement: statementOf(kind, operator, {}, change),
});

/** What contradicts a batch of the device: another one of the same number. */
const contradicting = statementOf('TelemetryBatch', device, place(2, seeded('another')));
const byStranger = statementOf(
  'TelemetryBatch',
  { ...owner, identity: device.identity },
  place(2, seeded('another')),
);
const unsigned: Hex =
  `${contradicting.part.slice(0, -2)}${contradicting.part.endsWith('00') ? '01' : '00'}` as Hex;
const ofAnotherKey = statementOf(
  'TelemetryBatch',
  { ...device, keyId: owner.keyId },
  place(2, seeded('another')),
);
const equivocation = ({ digest, part }: Pick<Statement, 'digest' | 'part'>) =>
  stated('Equivocation', {
    subject: device.identity,
    lane: 0,
    boot: 1,
    sequence: '2',
    acceptedDigest: first.digest,
    conflictingDigest: digest,
    conflicting: part,
  });

const choices: { readonly [name: string]: Omit<Choices, 'number'> & { readonly number?: bigint } } = {
  device: { statement: first, record: enrolled() },
  revoked: {
    statement: first,
    record: enrolled({ revokedAt: REVOKED }, last.digest),
    lineage: [last.part, next.part],
  },
  owner: { statement: reset, record: undefined },
  operator: { statement: statementOf('Gap', operator), record: undefined },
  'key-unknown': { statement: first, record: undefined },
  'key-of-witness': { statement: first, record: enrolled({ purpose: 3n }) },
  'key-of-other-algorithm': { statement: first, record: enrolled({ algorithm: 1n }) },
  'key-revoked': { statement: first, record: enrolled({ revokedAt: REVOKED }) },
  'key-revoked-elsewhere': {
    statement: first,
    record: enrolled({ revokedAt: REVOKED }, seeded('another chain')),
  },
  'owner-revoked': { statement: reset, record: enrolled({ revokedAt: REVOKED, purpose: 4n, algorithm: 1n }) },
  'owner-by-member': { statement: byKeyOfOwner, record: enrolled({ purpose: 4n }) },
  'owner-by-device': { statement: byKeyOfOwner, record: enrolled() },
  'owner-by-own-device': { statement: reset, record: enrolled({ algorithm: 1n }) },
  'record-of-33-bytes': { statement: first, record: enrolled(), slot: rlp(`0x01${'00'.repeat(32)}`) },
  'record-with-a-leading-zero': {
    statement: first,
    record: enrolled(),
    slot: rlp(`0x00${integer(packed({})).slice(2)}`),
  },
  'record-of-zero': { statement: first, record: enrolled(), slot: rlp('0x') },
  'record-that-is-a-list': { statement: first, record: enrolled(), slot: rlp(['0x01']) },
  'record-that-is-no-rlp': { statement: first, record: enrolled(), slot: '0x8101' },
  'not-the-operator': { statement: byOwner, record: undefined },
  'transaction-failed': { statement: first, record: enrolled(), succeeded: false },
  'not-before-parent': after(BLOCK - 1n, seeded('parent')),
  'not-before-other-parent': after(BLOCK - 1n, seeded('another parent')),
  'not-before-claimed': after(4_711n, seeded('block 4711')),
  'not-before-same': after(BLOCK, seeded('block 9000')),
  'not-before-above': after(999_999n, seeded('made up')),
  'interval-elsewhere': timed({}, { startMs: '1', endMs: '2' }),
  'interval-ahead': timed({}, { endMs: String(SIGNED + 49 * HOUR) }),
  'clock-unset': timed({ timeMs: '1000' }),
  'clock-of-9999': timed({ timeMs: '253402300799000' }),
  'clock-ahead': timed({ timeMs: String(SIGNED + HOUR) }),
  'receipt-ahead': timed({}, {}, String(SIGNED + HOUR)),
  'receipt-far-ahead': timed({}, {}, String(SIGNED + 49 * HOUR)),
  'registry-event': { ...stated('RegistryEvent'), number: 4_713n },
  'registry-event-ahead': { ...stated('RegistryEvent'), number: 4_712n },
  erasure: stated('Erasure'),
  equivocation: equivocation(contradicting),
  'equivocation-by-another-key': equivocation(byStranger),
  'equivocation-unsigned': equivocation({ digest: contradicting.digest, part: unsigned }),
  'equivocation-of-another-key': equivocation(ofAnotherKey),
  'equivocation-of-another-digest': equivocation({ digest: seeded('another'), part: contradicting.part }),
};

export type BundleDocument = Awaited<ReturnType<typeof bundleOf>>;

/** Every bundle by its name. Each stands in a block of its own. */
export const bundles: { readonly [name: string]: BundleDocument } = Object.fromEntries(
  await Promise.all(
    Object.entries(choices).map(
      async ([name, each], i) => [name, await bundleOf({ number: 4712n + BigInt(i), ...each })] as const,
    ),
  ),
);

/** One trust for all of them: the contracts, the log, a quorum of one witness at every size, and every bundle's block. */
export const trust = {
  format: 'gridseal-trust/1',
  chainId: domain.chainId,
  genesisHash: null,
  evidenceLog: { address: domain.evidenceLog, codeHash: codeHashes.evidenceLog },
  deviceRegistry: { address: deviceRegistry, codeHash: codeHashes.deviceRegistry },
  logs: [
    { logId, operator: operatorAddress, noteKeys: [{ from: '0', to: null, key: verifierKeyOf(logKey) }] },
  ],
  witnesses: { from: '0', quorum: '1', keys: [verifierKeyOf(witness)] },
  finality: { depth: '12' },
  headers: Object.values(bundles).map(({ anchor }) => anchor.block.hash),
} as const satisfies Json;
