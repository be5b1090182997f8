import {
  decodeEntry,
  formatProof,
  formatVerifierKey,
  fromHex,
  isByKey,
  KINDS,
  kindOf,
  parseNote,
  toHex,
  type Bundle,
  type Hex,
  type VerifierKey,
} from '@gridseal/protocol';

import type { AnchorArchive, AnchorEvidence } from '../anchor/types.ts';
import type { ChainBinding, KeyDirectory } from '../chain/types.ts';
import type { LogEntry, LogReader } from '../log/types.ts';
import { EvidenceError } from './errors.ts';
import { walkLineage } from './lineage.ts';
import { discloseReadings, type BatchOpener, type ReadingSelection } from './readings.ts';
import type { Bundles } from './types.ts';

/** What the protocol's own verifier says of a bundle before it leaves: the layers that fail. */
export type BundleCheck = (
  bundle: Uint8Array,
  context: {
    /** Hash of the block that our own node was asked about; undefined when the bundle has no anchor. */
    readonly anchorBlock: Hex | undefined;
  },
) => readonly string[];

/**
 * Creates the source of bundles. What it puts together is verified as a stranger would, and kept
 * back when a layer does not hold: a refused bundle is our fault, and must not become evidence.
 *
 * @param verifierKeys of the log and its witnesses
 * @param encode gives a bundle its one encoding
 */
export const createBundles = (options: {
  readonly log: LogReader;
  readonly archive: AnchorArchive;
  readonly binding: ChainBinding;
  readonly directory: KeyDirectory;
  readonly opener: BatchOpener;
  readonly profiles: { readonly find: (hash: Hex) => Promise<string | undefined> };
  readonly verifierKeys: readonly VerifierKey[];
  readonly encode: (document: Bundle) => Uint8Array;
  readonly check: BundleCheck;
}): Bundles => {
  const { log, archive, binding, directory, verifierKeys } = options;

  const place = async (digest: Uint8Array): Promise<LogEntry> => {
    const found = await log.place(digest);
    if (found === undefined) throw new EvidenceError('statement-unknown', toHex(digest));
    const index = await log.indexOf(digest);
    if (index === undefined) throw new EvidenceError('not-sequenced', toHex(digest));
    return log.entry(index);
  };

  const proofOf = async (index: bigint, state: { size: bigint; checkpoint: string }): Promise<string> => {
    const path = await log.inclusionProof(index, state.size);
    return formatProof({ index, path, checkpoint: state.checkpoint });
  };

  const authorityOf = async (
    digest: Uint8Array,
    entry: LogEntry,
    evidence: AnchorEvidence,
    signal: AbortSignal | undefined,
  ): Promise<Bundle['authority']> => {
    const { author, keyId } = decodeEntry(entry.bytes).authorPart.header;
    const [identity, key] = [toHex(author), toHex(keyId)];
    if (identity === binding.operator) return null;
    const record = await archive.keyRecord(evidence.anchorId, identity, key);
    if (record === undefined)
      throw new EvidenceError('not-anchored', `no key record of ${identity} is archived`);
    const standing = directory.find(identity, key);
    const revoked = standing?.status === 'revoked' && standing.revokedAt <= evidence.blockTime;
    const lineage = revoked ? await walkLineage(log, fromHex(standing.lastGood), digest, signal) : [];
    return { registry: evidence.registryProof, record, lineage: lineage.map((part) => toHex(part)) };
  };

  const readingsOf = async (
    digest: Uint8Array,
    entry: LogEntry,
    selection: ReadingSelection | undefined,
  ): Promise<Bundle['readings']> => {
    if (selection === undefined) return null;
    const batch = await options.opener.open(digest, entry);
    const profile = await options.profiles.find(toHex(batch.profile));
    if (profile === undefined) throw new EvidenceError('profile-unknown', toHex(batch.profile));
    const disclosed = discloseReadings(batch, selection).map(({ index, block, path }) => ({
      index: String(index),
      block: toHex(block),
      path: path.map((hash) => toHex(hash)),
    }));
    return { profile, disclosed };
  };

  return {
    build: async (digest, { coverage, disclose, signal }) => {
      const entry = await place(digest);
      const evidence = await archive.evidenceFor(entry.index);
      if (evidence === undefined && coverage === 'anchored') {
        throw new EvidenceError('not-anchored', `entry ${entry.index} waits for an archived anchor`);
      }
      const state = evidence ?? (await log.head());
      if (state === undefined) throw new EvidenceError('not-sequenced', toHex(digest));
      const kind = kindOf(decodeEntry(entry.bytes).authorPart.typeHash);
      if (kind === undefined)
        throw new EvidenceError('bundle-refused', 'the statement is of an unknown kind');
      const bundle = options.encode({
        format: 'gridseal-bundle/1',
        domain: { chainId: String(binding.chainId), evidenceLog: binding.evidenceLog, logId: binding.logId },
        type: KINDS[kind].type,
        entry: toHex(entry.bytes),
        proof: await proofOf(entry.index, state),
        verifierKeys: keysOf(state.checkpoint, verifierKeys),
        anchor: evidence === undefined ? null : anchorOf(evidence),
        authority: evidence === undefined ? null : await authorityOf(digest, entry, evidence, signal),
        readings: await readingsOf(digest, entry, disclose),
      });
      const failures = options.check(bundle, { anchorBlock: evidence?.blockHash });
      if (failures.length > 0) throw new EvidenceError('bundle-refused', failures.join('; '));
      return bundle;
    },
  };
};

const anchorOf = (evidence: AnchorEvidence): Bundle['anchor'] => ({
  block: { hash: evidence.blockHash, header: evidence.header },
  receipt: { ...evidence.receipt, index: String(evidence.receipt.index) },
  logIndex: String(evidence.logIndex),
  consistency: [],
  contract: evidence.contractProof,
});

/** The verifier key of each signature line, in the order of the lines. */
const keysOf = (checkpoint: string, known: readonly VerifierKey[]): string[] =>
  parseNote(checkpoint).signatures.map((line) => {
    const key = known.find((candidate) => isByKey(line, candidate));
    if (key === undefined)
      throw new EvidenceError('bundle-refused', `no verifier key for the signature of ${line.name}`);
    return formatVerifierKey(key);
  });
