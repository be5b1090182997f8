import {
  CompactRange,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  hashLeaf,
  KINDS,
  NOTE_ALGORITHM,
  noteSignerFrom,
  portable,
  signNote,
  TILE_HEIGHT,
  TILE_WIDTH,
  type BodyOf,
  type KindName,
  type OperatorPart,
} from '@gridseal/protocol';
import { auditLog, type AuditOptions } from '@gridseal/sdk/audit/audit';
import type { AuditSource } from '@gridseal/sdk/audit/source';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { secp256k1Key, signStatement, testDomain } from './devices.ts';

export const ORIGIN = `log.test/${'10'.repeat(32)}/0`;
/** Whose key signs the log's checkpoints, and who its operator is. */
export const signer = noteSignerFrom(ORIGIN, NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(3));
export const operator = secp256k1Key(new Uint8Array(32).fill(4));
export const { primitives } = await loadPrimitives();
const NO_PAYLOAD: OperatorPart = {
  receiptTimeMs: 1n,
  payloadCid: new Uint8Array(0),
  keyCommitment: new Uint8Array(0),
};

/** An entry without a payload. */
export const entryOf = (authorPart: Uint8Array): Uint8Array =>
  encodeEntry({ authorPart, operatorPart: NO_PAYLOAD });

/** States for the operator what is next in its chain: the entry. */
export type OperatorChain = <Name extends KindName>(kind: Name, body: BodyOf<Name>) => Uint8Array;

/** The operator's author chain, from its beginning. */
export const operatorChain = (): OperatorChain => {
  let sequence = 0n;
  let previous: Uint8Array = new Uint8Array(32);
  return (kind, body) => {
    const signed = signStatement(operator, kind, { sequence, previous }, body);
    sequence += 1n;
    previous = signed.digest;
    return entryOf(signed.authorPart);
  };
};
/** The declarations that a log begins with. */
export const openingOf = (chain: OperatorChain): Uint8Array[] =>
  Object.values(KINDS).map(({ type }) => chain('TypeDeclaration', { declaration: type }));

/** A log of these entries, sound but for what the changes say. */
export const sourceOf = (entries: readonly Uint8Array[], changes: Partial<AuditSource> = {}): AuditSource => {
  const range = new CompactRange(0n, [], portable);
  const nodes = new Map<string, Uint8Array>();
  for (const entry of entries)
    range.append(hashLeaf(entry), ({ level, index }, hash) => nodes.set(`${level}/${index}`, hash));
  const text = formatCheckpoint({ origin: ORIGIN, size: BigInt(entries.length), root: range.root() });
  return {
    checkpoint: async () => formatNote({ text, signatures: [signNote(text, signer)] }),
    entries: async (bundle, width) => {
      const from = Number(bundle) * TILE_WIDTH;
      return entries.slice(from, from + width);
    },
    tile: async (level, index, width) =>
      Buffer.concat(
        Array.from(
          { length: width },
          (_, i) =>
            nodes.get(`${level * TILE_HEIGHT}/${index * BigInt(TILE_WIDTH) + BigInt(i)}`) ??
            new Uint8Array(0),
        ),
      ),
    payloadsBelow: async () => 0n,
    payload: async () => undefined,
    anchors: async () => [],
    ...changes,
  };
};

/** Audits a log as `gridseal fsck` does. */
export const audit = (source: AuditSource, options: Partial<AuditOptions> = {}) =>
  auditLog({
    source,
    key: signer.verifierKey,
    domain: testDomain,
    operator: operator.identity,
    primitives,
    payloads: 'read',
    ...options,
  });
/** What an audit finds, as `where code`. */
export const findingsOf = async (source: AuditSource): Promise<string[]> =>
  (await audit(source)).findings.map(({ code, where }) => `${where} ${code}`);
