import { concat, equal, fromBigInt, fromHex, isZero, toBigInt, toHex, utf8, type Hex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import {
  decodeAccount,
  decodeHeader,
  decodeReceipt,
  type BlockHeader,
  type EventLog,
} from '../ethereum/block.ts';
import { decodeRlp, integerOf, rlpOfIndex } from '../ethereum/rlp.ts';
import { proveInTrie } from '../ethereum/trie.ts';
import { decodeKeyRecord, keyRecordSlots, type KeyRecord } from '../identity/key-record.ts';
import { verifyConsistency } from '../merkle/verify.ts';
import type { Primitives } from '../primitives.ts';
import { decodeAuthorPart } from '../statement/codec.ts';
import { digest as digestOf } from '../statement/digest.ts';
import { decodeSignature, verifySignature } from '../statement/signature.ts';
import { KINDS } from '../statement/types.ts';
import type { Bundle, BundleAnchor, BundleAuthority } from './bundle.ts';
import { epochOf, readProof, trustedLog } from './log-layers.ts';
import type { ReadStatement } from './statement-layers.ts';
import type { Trust, TrustedContract } from './trust.ts';
import { LayerFailure } from './verdict.ts';

const ANCHORED = utf8('Anchored(bytes32,uint64,uint64,bytes32,bytes32,uint64)');

const bytesOfAll = (values: readonly Hex[]): Uint8Array[] => values.map((value) => fromHex(value));

/** The header of the anchor's block, which must hash to the block's name. */
export function readHeader(anchor: BundleAnchor, primitives: Primitives): BlockHeader {
  const header = decodeHeader(fromHex(anchor.block.header, 'anchor.block.header'), primitives);
  if (toHex(header.hash) === anchor.block.hash) return header;
  throw new LayerFailure('HeaderHash', 'the header is not that of the block', {
    expected: anchor.block.hash,
    actual: toHex(header.hash),
  });
}

function proveAccount(
  header: BlockHeader,
  contract: TrustedContract,
  nodes: readonly Hex[],
  field: string,
  primitives: Primitives,
): Uint8Array {
  const key = primitives.keccak256(fromHex(contract.address));
  const value = proveInTrie({ root: header.stateRoot, key, nodes: bytesOfAll(nodes), field }, primitives);
  if (value === undefined) {
    throw new LayerFailure('CodeHash', `there is no contract at ${contract.address}`, {
      expected: contract.codeHash,
    });
  }
  const { codeHash, storageRoot } = decodeAccount(value, field);
  if (toHex(codeHash) === contract.codeHash) return storageRoot;
  throw new LayerFailure('CodeHash', `the contract at ${contract.address} has other code`, {
    expected: contract.codeHash,
    actual: toHex(codeHash),
  });
}

/** Holds when the contract recorded the checkpoint, or a state that extends it, in the block given. */
export function checkAnchor(bundle: Bundle, trust: Trust, primitives: Primitives): string {
  const { anchor } = bundle;
  if (anchor === null) throw new LayerFailure('Missing', 'the bundle has no anchor');
  const header = readHeader(anchor, primitives);
  const { size, root, epoch } = readAnchored(bundle, anchor, header, trust, primitives);
  proveAccount(header, trust.evidenceLog, anchor.contract, 'anchor.contract', primitives);
  const { checkpoint } = readProof(bundle);
  const expected = epochOf(checkpoint.origin, bundle.domain.logId);
  if (epoch !== expected) {
    throw new LayerFailure('OriginMismatch', 'the anchor is of another epoch', {
      expected: String(expected),
      actual: String(epoch),
    });
  }
  verifyConsistency(
    {
      size1: checkpoint.size,
      root1: checkpoint.root,
      size2: size,
      root2: root,
      path: bytesOfAll(anchor.consistency),
    },
    primitives,
  );
  return `anchored at size ${size} in block ${header.number}`;
}

function readAnchored(
  bundle: Bundle,
  anchor: BundleAnchor,
  header: BlockHeader,
  trust: Trust,
  primitives: Primitives,
): { epoch: bigint; size: bigint; root: Uint8Array } {
  const bytes = fromHex(anchor.receipt.bytes, 'anchor.receipt.bytes');
  const proven = proveInTrie(
    {
      root: header.receiptsRoot,
      key: rlpOfIndex(BigInt(anchor.receipt.index)),
      nodes: bytesOfAll(anchor.receipt.proof),
      field: 'anchor.receipt.proof',
    },
    primitives,
  );
  if (proven === undefined || !equal(proven, bytes)) {
    throw new LayerFailure('ReceiptNotProven', 'the receipt is not in the block');
  }
  const receipt = decodeReceipt(bytes);
  if (!receipt.succeeded)
    throw new LayerFailure('TransactionFailed', 'the anchoring transaction was reverted');
  const event = receipt.logs[Number(anchor.logIndex)];
  const logId = fromHex(bundle.domain.logId);
  if (event === undefined || !isAnchored(event, fromHex(trust.evidenceLog.address), logId, primitives)) {
    throw new LayerFailure('EventMissing', 'EvidenceLog emitted no Anchored event for this log there', {
      expected: `Anchored for ${bundle.domain.logId}`,
      actual: event === undefined ? 'no event' : toHex(event.topics[1] ?? new Uint8Array(0)),
    });
  }
  const [, , epoch, size] = event.topics as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return { epoch: toBigInt(epoch), size: toBigInt(size), root: event.data.slice(0, 32) };
}

function isAnchored(
  event: EventLog,
  contract: Uint8Array,
  logId: Uint8Array,
  primitives: Primitives,
): boolean {
  const [topic, log] = event.topics;
  return (
    equal(event.address, contract) &&
    event.topics.length === 4 &&
    event.data.length === 96 &&
    topic !== undefined &&
    log !== undefined &&
    equal(topic, primitives.keccak256(ANCHORED)) &&
    equal(log, logId)
  );
}

/** What lets a key speak. */
export type Authority = {
  readonly detail: string;
  /** Whether the chain says so, and not the trust alone. */
  readonly byChain: boolean;
  /** The key's record, where there is one. `validFrom` in Unix seconds. */
  readonly enrolment: Pick<KeyRecord, 'purpose' | 'validFrom'> | undefined;
};

/** Holds when the author's key could speak for it in the anchor's block. */
export function checkAuthority(
  bundle: Bundle,
  trust: Trust,
  statement: ReadStatement,
  primitives: Primitives,
): Authority {
  const { author } = statement.part.header;
  const { operator } = trustedLog(trust, bundle.domain.logId);
  const role = statement.kind === undefined ? undefined : KINDS[statement.kind].author;
  if (role === 'operator' || toHex(author) === operator) {
    if (toHex(author) !== operator || role !== 'operator' || !isOwnKey(statement)) {
      throw new LayerFailure(
        'AuthorMismatch',
        `only the operator makes statements of this kind, and only these`,
        {
          expected: operator,
          actual: toHex(author),
        },
      );
    }
    if (bundle.authority !== null) {
      throw new LayerFailure('AuthorMismatch', "the operator's authority comes from trust alone");
    }
    return { detail: 'the operator that the trust names', byChain: false, enrolment: undefined };
  }
  if (bundle.authority === null || bundle.anchor === null) {
    throw new LayerFailure('Missing', 'the bundle does not show what the key could do');
  }
  const record = readRecord(bundle, trust, statement, primitives);
  if (record === undefined) return ownKey(bundle.authority, statement);
  requireRecord(record, statement);
  const { purpose, validFrom, revokedAt } = record;
  const found = { byChain: true, enrolment: { purpose, validFrom } };
  if (revokedAt === 0n) {
    if (bundle.authority.lineage.length > 0) throw unneededLineage();
    return { ...found, detail: `${purpose} key, enrolled ${secondsText(validFrom)}` };
  }
  requireLineage(bundle.authority.lineage, record, statement, primitives);
  return { ...found, detail: `key revoked ${secondsText(revokedAt)}, after this statement` };
}

/** An owner signs as itself: its address is its key, which needs no record, and the block shows that none revokes it. */
function ownKey({ lineage }: BundleAuthority, statement: ReadStatement): Authority {
  const { author, keyId } = statement.part.header;
  const role = statement.kind === undefined ? undefined : KINDS[statement.kind].author;
  if (role !== 'owner' || !isOwnKey(statement)) {
    throw new LayerFailure('KeyUnknown', 'the key was not enrolled for the author in that block', {
      expected: toHex(keyId),
      actual: 'no record',
    });
  }
  if (lineage.length > 0) throw unneededLineage();
  const detail = `signed by ${toHex(author)} itself; which identities it owns is for the registry to say`;
  return { detail, byChain: true, enrolment: undefined };
}

function unneededLineage(): LayerFailure {
  return new LayerFailure('LineageBroken', 'a key that is not revoked needs no lineage');
}

function isOwnKey({ part }: ReadStatement): boolean {
  const { author, keyId } = part.header;
  return equal(keyId, concat(new Uint8Array(12), author));
}

function readRecord(
  bundle: Bundle,
  trust: Trust,
  statement: ReadStatement,
  primitives: Primitives,
): KeyRecord | undefined {
  const { anchor, authority } = bundle;
  if (anchor === null || authority === null) throw new LayerFailure('Missing', 'no key record');
  const header = readHeader(anchor, primitives);
  const storageRoot = proveAccount(
    header,
    trust.deviceRegistry,
    authority.registry,
    'authority.registry',
    primitives,
  );
  const { author, keyId } = statement.part.header;
  const words = keyRecordSlots(author, keyId, primitives).map((slot, i) => {
    const field = `authority.record[${i}]`;
    const nodes = bytesOfAll(authority.record[i] ?? []);
    const value = proveInTrie(
      { root: storageRoot, key: primitives.keccak256(slot), nodes, field },
      primitives,
    );
    return value === undefined ? new Uint8Array(32) : wordOf(value, field);
  });
  return decodeKeyRecord(words as unknown as Parameters<typeof decodeKeyRecord>[0]);
}

/** A storage word as the trie keeps it: an integer without leading zeros, never zero. */
function wordOf(value: Uint8Array, field: string): Uint8Array {
  const integer = integerOf(decodeRlp(value, field), field);
  if (integer === 0n) throw new ProtocolError('NonCanonical', field, { expected: 'a word that is not zero' });
  return fromBigInt(integer, 32, field);
}

function requireRecord(record: KeyRecord, statement: ReadStatement): void {
  const { part, kind, body } = statement;
  const role = kind === undefined ? undefined : KINDS[kind].author;
  if (role === 'owner' && record.purpose !== 'member' && !isOwnKey(statement)) {
    throw new LayerFailure('PurposeMismatch', "the key is neither the owner's own nor a member's", {
      expected: 'member',
      actual: record.purpose,
    });
  }
  if (role === 'device' && record.purpose !== 'device') {
    throw new LayerFailure('PurposeMismatch', 'the key is not that of a device', {
      expected: 'device',
      actual: record.purpose,
    });
  }
  const { algorithm } = decodeSignature(part.signature);
  if (record.algorithm !== algorithm) {
    throw new LayerFailure('PurposeMismatch', 'the key is of another algorithm', {
      expected: record.algorithm,
      actual: algorithm,
    });
  }
  const profile = body.profile;
  if (kind === 'TelemetryBatch' && !(profile instanceof Uint8Array && equal(profile, record.profile))) {
    throw new LayerFailure('ProfileMismatch', 'the statement cites another profile than the enrolment', {
      expected: toHex(record.profile),
      actual: profile instanceof Uint8Array ? toHex(profile) : 'none',
    });
  }
}

/** The chain of statements from the last good one, which the revocation names, back to this one. */
function requireLineage(
  lineage: readonly Hex[],
  record: KeyRecord,
  statement: ReadStatement,
  primitives: Primitives,
): void {
  if (isZero(record.lastGood))
    throw new LayerFailure('KeyRevoked', 'the key was revoked and no statement left good');
  let expected: Uint8Array = record.lastGood;
  for (const [i, text] of lineage.entries()) {
    const part = decodeAuthorPart(fromHex(text, `authority.lineage[${i}]`));
    const found = digestOf(part, statement.domain, primitives);
    if (!equal(found, expected)) throw lineageBroken(expected, found);
    verifySignature({ digest: found, signature: part.signature, keyId: part.header.keyId }, primitives);
    expected = part.header.previous;
  }
  if (!equal(statement.digest, expected)) throw lineageBroken(expected, statement.digest);
}

function lineageBroken(expected: Uint8Array, actual: Uint8Array): LayerFailure {
  return new LayerFailure(
    'LineageBroken',
    'the key was revoked, and nothing shows that this statement came before',
    {
      expected: toHex(expected),
      actual: toHex(actual),
    },
  );
}

/** A time in Unix seconds as a person reads it. */
export function secondsText(seconds: bigint): string {
  return seconds < 253_402_300_800n
    ? new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z')
    : `${seconds} s`;
}
