import {
  CompactRange,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  hashLeaf,
  KINDS,
  NOTE_ALGORITHM,
  noteSignerFrom,
  signNote,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Primitives,
  type VerifierKey,
} from '@gridseal/protocol';
import type { AuditSource } from '@gridseal/sdk/audit/source';
import { createTestDevice, secp256k1Key, signStatement, testDomain } from '../../test/setup/devices.ts';

const DEVICES = 300;
const NO_PAYLOAD = {
  receiptTimeMs: 1n,
  payloadCid: new Uint8Array(0),
  keyCommitment: new Uint8Array(0),
} as const;

/** A log in memory: what an audit reads of it costs nothing, so that the audit alone is measured. */
export type Corpus = { readonly source: AuditSource; readonly key: VerifierKey; readonly size: number };

/** Makes a log of secp256k1-signed batches of several devices, with its tiles and a signed checkpoint. */
export const makeCorpus = (batches: number, primitives: Primitives): Corpus => {
  const operator = secp256k1Key();
  const entries: Uint8Array[] = [];
  let head = { sequence: 0n, previous: new Uint8Array(32) as Uint8Array };
  for (const { type } of Object.values(KINDS)) {
    const { authorPart, digest } = signStatement(operator, 'TypeDeclaration', head, { declaration: type });
    entries.push(encodeEntry({ authorPart, operatorPart: NO_PAYLOAD }));
    head = { sequence: head.sequence + 1n, previous: digest };
  }
  const devices = Array.from({ length: DEVICES }, () => createTestDevice());
  for (let i = 0; i < batches; i += 1) {
    const batch = devices[i % DEVICES]?.next({ domain: testDomain });
    if (batch !== undefined)
      entries.push(encodeEntry({ authorPart: batch.authorPart, operatorPart: NO_PAYLOAD }));
  }
  const note = noteSignerFrom('log.bench/0', NOTE_ALGORITHM.ed25519, new Uint8Array(32).fill(7));
  const rows = new Map<string, Uint8Array>();
  const range = new CompactRange(0n, [], primitives);
  for (const entry of entries)
    range.append(hashLeaf(entry, primitives), ({ level, index }, hash) => {
      if (level % TILE_HEIGHT !== 0) return;
      const name = `${level / TILE_HEIGHT}/${index / BigInt(TILE_WIDTH)}`;
      const row = rows.get(name) ?? new Uint8Array(32 * TILE_WIDTH);
      row.set(hash, 32 * Number(index % BigInt(TILE_WIDTH)));
      rows.set(name, row);
    });
  const text = formatCheckpoint({
    origin: note.verifierKey.name,
    size: BigInt(entries.length),
    root: range.root(),
  });
  const checkpoint = formatNote({ text, signatures: [signNote(text, note)] });
  const source: AuditSource = {
    checkpoint: () => Promise.resolve(checkpoint),
    entries: (bundle, width) => {
      const from = Number(bundle) * TILE_WIDTH;
      return Promise.resolve(entries.slice(from, from + width));
    },
    tile: (level, index, width) =>
      Promise.resolve(rows.get(`${level}/${index}`)?.subarray(0, 32 * width) ?? new Uint8Array(0)),
    payloadsBelow: () => Promise.resolve(0n),
    payload: () => Promise.resolve(undefined),
    anchors: () => Promise.resolve([]),
  };
  return { source, key: note.verifierKey, size: entries.length };
};
