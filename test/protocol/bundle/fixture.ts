import {
  NOTE_ALGORITHM,
  commit,
  consistencyPath,
  cosign,
  digest as digestOf,
  domainOf,
  encodeAuthorPart,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  formatProfile,
  formatProof,
  formatVerifierKey,
  inclusionPath,
  KINDS,
  noteSignerFrom,
  openReading,
  profileHash,
  rootOf,
  signNote,
  toHex,
  unsignedPart,
  type BodyOf,
  type Bundle,
  type Header,
  type KindName,
  type Trust,
} from '../../../protocol/src/index.ts';
import { growTree } from '../merkle/grown-tree.ts';
import { buildBlock, type RecordValues } from './chain.ts';
import { addressOf, named, p256Key, secp256k1Key, type TestKey } from './keys.ts';

export const device = p256Key('device');
export const owner = secp256k1Key('owner');
export const operator = secp256k1Key('operator');

const evidenceLog = addressOf('EvidenceLog');
const deviceRegistry = addressOf('DeviceRegistry');
const logId = named('log');
const domain = domainOf({ chainId: 31_337n, evidenceLog, logId });
const EPOCH = 0n;
const origin = `log.example/${toHex(logId).slice(2)}/${EPOCH}`;
const logSigner = noteSignerFrom(origin, NOTE_ALGORITHM.ed25519, named('note key'));
const witness = noteSignerFrom('witness.example/1', NOTE_ALGORITHM.cosignature, named('witness key'));
const ZERO = new Uint8Array(32);

/** Place of the statement, size of the checkpoint that shows it, and size that was anchored. */
export const INDEX = 5n;
const CHECKPOINT_SIZE = 7n;
const ANCHORED_SIZE = 11n;

const profile = formatProfile({
  channels: [
    { channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken from the grid', unit: 'Wh' },
  ],
  format: 'gridseal-profile/1',
});
const readings = Array.from({ length: 5 }, (_, i) => ({
  timeMs: 1_767_225_540_000n + BigInt(i) * 1_000n,
  channel: 1,
  quality: 0,
  value: 100n + BigInt(i),
}));
const commitment = commit({ readings, batchKey: named('batch key') });

const telemetry: BodyOf<'TelemetryBatch'> = {
  profile: profileHash(profile),
  startMs: 1_767_225_540_000n,
  endMs: 1_767_225_600_000n,
  count: readings.length,
  readingsRoot: commitment.root,
  auxRoot: ZERO,
};

const reset: BodyOf<'Reset'> = { subject: device.identity, lane: 0, boot: 1, lastKnown: named('last known') };
const gap: BodyOf<'Gap'> = {
  subject: device.identity,
  lane: 0,
  boot: 0,
  firstSequence: 3n,
  lastSequence: 4n,
  windowMs: 300_000n,
};

const headerOf = ({ keyId, identity }: TestKey, sequence: bigint, previous: Uint8Array): Header => ({
  author: identity,
  keyId,
  lane: 0,
  boot: 0,
  sequence,
  previous,
  timeMs: 1_767_225_600_000n,
  notBeforeBlock: 0n,
  notBeforeHash: ZERO,
});

type Signed = { readonly part: Uint8Array; readonly digest: Uint8Array };

const signed = <Name extends KindName>(
  kind: Name,
  body: BodyOf<Name>,
  by: TestKey,
  [sequence, previous]: readonly [bigint, Uint8Array] = [2n, named('previous')],
): Signed => {
  const part = unsignedPart({ kind, header: headerOf(by, sequence, previous), body });
  const digest = digestOf(part, domain);
  return { part: encodeAuthorPart({ ...part, signature: by.sign(digest) }), digest };
};

const enrolled: RecordValues = {
  validFrom: 1_767_000_000n,
  revokedAt: 0n,
  purpose: 1n,
  algorithm: 2n,
  profile: telemetry.profile,
  lastGood: ZERO,
};

/** A bundle, the trust under which every layer of it holds, and the digest of its statement. */
export type Fixture = { readonly bundle: Bundle; readonly trust: Trust; readonly digest: Uint8Array };

type Case = {
  readonly kind: KindName;
  readonly statement: Signed;
  readonly by: TestKey;
  readonly record: RecordValues | undefined;
  readonly lineage?: readonly Uint8Array[];
  readonly succeeded?: boolean;
};

const put = async (made: Case): Promise<Fixture> => {
  const { kind, statement, by, record, lineage = [], succeeded = true } = made;
  const operatorPart = {
    receiptTimeMs: 1_767_225_601_000n,
    payloadCid: new Uint8Array(0),
    keyCommitment: new Uint8Array(0),
  };
  const entry = encodeEntry({ authorPart: statement.part, operatorPart });
  const entries = Array.from({ length: Number(ANCHORED_SIZE) }, (_, i) =>
    BigInt(i) === INDEX ? entry : named(`entry ${i}`),
  );
  const { readNode } = growTree(entries);
  const text = formatCheckpoint({ origin, size: CHECKPOINT_SIZE, root: rootOf(CHECKPOINT_SIZE, readNode) });
  const signatures = [signNote(text, logSigner), cosign(text, 1_767_225_602n, witness)];
  const block = await buildBlock({
    evidenceLog,
    deviceRegistry,
    author: by.identity,
    keyId: by.keyId,
    record,
    anchored: { logId, epoch: EPOCH, size: ANCHORED_SIZE, root: rootOf(ANCHORED_SIZE, readNode) },
    succeeded,
  });
  const logKey = formatVerifierKey(logSigner.verifierKey);
  const witnessKey = formatVerifierKey(witness.verifierKey);
  return {
    digest: statement.digest,
    bundle: {
      format: 'gridseal-bundle/1',
      domain: { chainId: '31337', evidenceLog: toHex(evidenceLog), logId: toHex(logId) },
      type: KINDS[kind].type,
      entry: toHex(entry),
      proof: formatProof({
        index: INDEX,
        path: inclusionPath(INDEX, CHECKPOINT_SIZE, readNode),
        checkpoint: formatNote({ text, signatures }),
      }),
      verifierKeys: [logKey, witnessKey],
      anchor: {
        ...block.anchor,
        consistency: consistencyPath(CHECKPOINT_SIZE, ANCHORED_SIZE, readNode).map(toHex),
      },
      authority: by === operator ? null : { ...block.authority, lineage: lineage.map(toHex) },
      readings: kind === 'TelemetryBatch' ? { profile, disclosed: [0, 2, 4].map(disclosedAt) } : null,
    },
    trust: {
      format: 'gridseal-trust/1',
      chainId: '31337',
      genesisHash: null,
      evidenceLog: { address: toHex(evidenceLog), codeHash: block.codeHashes.evidenceLog },
      deviceRegistry: { address: toHex(deviceRegistry), codeHash: block.codeHashes.deviceRegistry },
      logs: [
        {
          logId: toHex(logId),
          operator: toHex(operator.identity),
          noteKeys: [{ from: '0', to: null, key: logKey }],
        },
      ],
      witnesses: { from: '0', quorum: '1', keys: [witnessKey] },
      finality: { depth: '12' },
      headers: [block.anchor.block.hash],
    },
  };
};

const disclosedAt = (index: number) => {
  const { block, path } = openReading(commitment, index);
  return { index: String(index), block: toHex(block), path: path.map(toHex) };
};

/** A device's batch, three of its five readings shown, its key as the changes say. */
export const telemetryFixture = (
  changes: { readonly record?: Partial<RecordValues>; readonly succeeded?: boolean } = {},
): Promise<Fixture> =>
  put({
    kind: 'TelemetryBatch',
    statement: signed('TelemetryBatch', telemetry, device),
    by: device,
    record: { ...enrolled, ...changes.record },
    succeeded: changes.succeeded ?? true,
  });

/** A batch of a key that was revoked later, with the two statements from the last good one back to it. */
export const revokedFixture = async (): Promise<Fixture> => {
  const statement = signed('TelemetryBatch', telemetry, device);
  const next = signed('TelemetryBatch', telemetry, device, [3n, statement.digest]);
  const last = signed('TelemetryBatch', telemetry, device, [4n, next.digest]);
  return put({
    kind: 'TelemetryBatch',
    statement,
    by: device,
    record: { ...enrolled, revokedAt: 1_767_225_650n, lastGood: last.digest },
    lineage: [last.part, next.part],
  });
};

/** A batch of a device whose key was never enrolled. */
export const unenrolledFixture = (): Promise<Fixture> =>
  put({
    kind: 'TelemetryBatch',
    statement: signed('TelemetryBatch', telemetry, device),
    by: device,
    record: undefined,
  });

/** An owner's Reset, signed by its own address, which no record enrols. */
export const resetFixture = (record?: RecordValues): Promise<Fixture> =>
  put({ kind: 'Reset', statement: signed('Reset', reset, owner), by: owner, record });

/** An operator's Gap; by another key it is nobody's to say. */
export const gapFixture = (by: TestKey = operator): Promise<Fixture> =>
  put({ kind: 'Gap', statement: signed('Gap', gap, by), by, record: undefined });

/** A record of a secp256k1 key of an owner, revoked with nothing left good. */
export const revokedOwner: RecordValues = {
  ...enrolled,
  revokedAt: 1_767_225_650n,
  purpose: 4n,
  algorithm: 1n,
};
