import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';

import { cborBlock, type Block } from '../../content/blocks.ts';

const MANIFEST_VERSION = 2;

/** What an anchor says of the log; docs/spec/log.md "Anchor". */
export type Manifest = {
  readonly logId: Uint8Array;
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** The signed note, as served. */
  readonly checkpoint: string;
  /** Manifest of the anchor before; `null` for the first. */
  readonly previous: CID | null;
  /** Size the manifest before reached; entries of `[from, size)` are linked here. */
  readonly from: bigint;
  /** Two-level list of entry bundles. */
  readonly entries: CID;
  /** Two-level list of payload blocks, `null` when no entry of the range has one. */
  readonly payloads: CID | null;
  /** Raw blocks of the profile documents that batches of the range cite. */
  readonly profiles: readonly CID[];
  /** What receipts of the range promised: for so many entries, an anchor so many seconds after receipt. */
  readonly promises: readonly Promised[];
  /** Evidence of the anchor before, `null` for the first and where there is none. */
  readonly evidence: CID | null;
};

/** Entries in a row whose receipts promise an anchor within the same time. */
export type Promised = { readonly entries: bigint; readonly seconds: bigint };

/** Why a block is not a manifest. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'manifest-malformed';
  readonly field: string;

  constructor(field: string, cause?: unknown) {
    super(`manifest-malformed: ${field}`, cause === undefined ? undefined : { cause });
    this.field = field;
  }
}

/**
 * Links of one list block.
 *
 * @throws ManifestError
 */
export const readLinks = (bytes: Uint8Array): CID[] => {
  const value = decode(bytes);
  if (!Array.isArray(value)) throw new ManifestError('links');
  return value.map((link) => requireCid(link, 'links'));
};

/** Encodes a manifest; the block's SHA-256 is what goes on chain. */
export const encodeManifest = (manifest: Manifest): Block =>
  cborBlock({
    version: MANIFEST_VERSION,
    ...manifest,
    promises: manifest.promises.map(({ entries, seconds }) => [entries, seconds]),
  });

/**
 * Decodes a manifest strictly: version, fields and types as specified and nothing else.
 *
 * @throws ManifestError naming the field
 */
export const decodeManifest = (bytes: Uint8Array): Manifest => {
  const value = decode(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ManifestError('manifest');
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.get('version') !== MANIFEST_VERSION || fields.size !== 13) throw new ManifestError('version');
  const previous = fields.get('previous');
  const payloads = fields.get('payloads');
  const evidence = fields.get('evidence');
  const checkpoint = fields.get('checkpoint');
  if (typeof checkpoint !== 'string') throw new ManifestError('checkpoint');
  return {
    logId: requireHash(fields.get('logId'), 'logId'),
    epoch: requireCount(fields.get('epoch'), 'epoch'),
    size: requireCount(fields.get('size'), 'size'),
    root: requireHash(fields.get('root'), 'root'),
    checkpoint,
    previous: previous === null ? null : requireCid(previous, 'previous'),
    from: requireCount(fields.get('from'), 'from'),
    entries: requireCid(fields.get('entries'), 'entries'),
    payloads: payloads === null ? null : requireCid(payloads, 'payloads'),
    profiles: requireList(fields.get('profiles'), 'profiles').map((cid) => requireCid(cid, 'profiles')),
    promises: requireList(fields.get('promises'), 'promises').map((pair) => {
      const [entries, seconds, ...rest] = requireList(pair, 'promises');
      if (rest.length > 0) throw new ManifestError('promises');
      return { entries: requireCount(entries, 'promises'), seconds: requireCount(seconds, 'promises') };
    }),
    evidence: evidence === null ? null : requireCid(evidence, 'evidence'),
  };
};

const decode = (bytes: Uint8Array): unknown => {
  try {
    return dagCbor.decode(bytes);
  } catch (cause) {
    throw new ManifestError('dag-cbor', cause);
  }
};

const requireList = (value: unknown, field: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw new ManifestError(field);
  return value;
};

const requireHash = (value: unknown, field: string): Uint8Array => {
  if (!(value instanceof Uint8Array) || value.length !== 32) throw new ManifestError(field);
  return value;
};

const requireCount = (value: unknown, field: string): bigint => {
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new ManifestError(field);
};

const requireCid = (value: unknown, field: string): CID => {
  const cid = CID.asCID(value);
  if (cid?.version !== 1) throw new ManifestError(field);
  return cid;
};
