import {
  CompactRange,
  concatAll,
  equal,
  foldPerfect,
  fromBase64,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  TILE_HEIGHT,
  TILE_WIDTH,
  TlogError,
  toBase64,
  toHex,
  verifyNoteSignature,
  type Checkpoint,
  type Domain,
  type Node,
  type Primitives,
  type VerifierKey,
} from '@gridseal/protocol';
import { AuthorChains, type AuthorChainsSnapshot, type Holes } from './author-chains.ts';
import { Claims, type ClaimsSnapshot } from './claims.ts';
import type { Finding } from './findings.ts';
import { Signatures } from './signatures.ts';
import type { AuditSource } from './source.ts';
import { auditStatement, type AuditedStatement } from './statements.ts';
import { Tiles, type TilesSnapshot } from './tiles.ts';

/** What an audit came to. */
export type AuditReport = {
  readonly origin: string;
  readonly size: bigint;
  /** Root of the entries read, 32 bytes. */
  readonly root: Uint8Array;
  readonly chains: number;
  readonly holes: Holes;
  /** Payload blocks that were read and hashed, and those not yet in the content store. */
  readonly payloads: { readonly checked: number; readonly waiting: number };
  readonly anchors: number;
  /** The first of them; `findingCount` counts all. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
};

/** How far an audit has come, as JSON: an audit that was stopped goes on from here. */
export type AuditState = {
  readonly format: 'gridseal-audit/2';
  readonly origin: string;
  /** Entries read; a multiple of 256. */
  readonly size: string;
  /** Hashes of the compact range, base64. */
  readonly range: readonly string[];
  readonly tiles: TilesSnapshot;
  readonly declared: readonly string[];
  readonly chains: AuthorChainsSnapshot;
  readonly claims: ClaimsSnapshot;
  readonly payloads: { readonly checked: number; readonly waiting: number };
  readonly findings: readonly Finding[];
  readonly findingCount: number;
};

export type AuditOptions = {
  readonly source: AuditSource;
  /** The log's key, from a trust file; the audit is worth what this is worth. */
  readonly key: VerifierKey;
  readonly domain: Domain;
  /** Address of the log's operator; without it nobody is asked who may author what. */
  readonly operator?: Uint8Array;
  readonly primitives: Primitives;
  /** Whether payload blocks are read as well. */
  readonly payloads: 'read' | 'skip';
  readonly resume?: AuditState | undefined;
  /** Told after each bundle. */
  readonly onProgress?: (progress: { readonly done: bigint; readonly size: bigint }) => void;
  /** Given the state after every `stateEvery` entries, to be kept for `resume`. */
  readonly onState?: (state: AuditState) => Promise<void>;
  /** A multiple of 256; 65,536 unless given. */
  readonly stateEvery?: bigint;
};

const MAX_FINDINGS = 1_000;
/** Bundles that are fetched ahead of the one under way. */
const AHEAD = 8n;
const PAYLOADS_AT_ONCE = 32;
const STATE_EVERY = 65_536n;
const CID_PREFIX_LENGTH = 4;

/**
 * Reads a log from its first byte and recomputes it: entries into leaves, leaves into tiles, tiles into the root that the
 * checkpoint signs; statements, signatures and author chains; payload blocks; and the root of every anchor.
 *
 * @throws what the source throws when it cannot be read; what is read and wrong is a finding
 * @example const { findings } = await auditLog({ source, key, domain, primitives, payloads: 'read' })
 */
export const auditLog = async (options: AuditOptions): Promise<AuditReport> => {
  const { source, key, domain, operator, primitives, resume } = options;
  const findings: Finding[] = [...(resume?.findings ?? [])];
  let findingCount = resume?.findingCount ?? 0;
  const report = (finding: Finding): void => {
    findingCount += 1;
    if (findings.length < MAX_FINDINGS) findings.push(finding);
  };

  const checkpoint = readCheckpoint(await source.checkpoint(), key, primitives, report);
  const range = new CompactRange(BigInt(resume?.size ?? 0), (resume?.range ?? []).map(hashOf), primitives);
  const tiles = resume === undefined ? new Tiles() : Tiles.from(resume.tiles);
  const chains = resume === undefined ? new AuthorChains() : AuthorChains.from(resume.chains);
  const claims = new Claims(domain, primitives, resume?.claims);
  const declared = new Set<string>(resume?.declared);
  const signatures = new Signatures(primitives, report);
  const payloads = { ...(resume?.payloads ?? { checked: 0, waiting: 0 }) };
  const storedBelow = options.payloads === 'read' ? await source.payloadsBelow() : 0n;
  const anchors = await source.anchors();
  const rootAt = new Map(anchors.map(({ size, root }) => [size, root]));
  const size = checkpoint?.size ?? 0n;

  const readPayload = async ({ index, entry }: AuditedStatement): Promise<void> => {
    const { payloadCid } = entry.operatorPart;
    const block = await source.payload(payloadCid);
    const where = `entry ${index}`;
    if (block === undefined) report({ code: 'payload-missing', where, detail: `CID ${toHex(payloadCid)}` });
    else if (!equal(primitives.sha256(block), payloadCid.subarray(CID_PREFIX_LENGTH)))
      report({ code: 'payload-differs', where, detail: `CID ${toHex(payloadCid)} names other bytes` });
    payloads.checked += 1;
  };

  const compareAnchor = (): void => {
    const anchored = rootAt.get(range.size);
    if (anchored === undefined || equal(anchored, range.root())) return;
    const detail = `the chain holds ${toHex(anchored)}, the entries give ${toHex(range.root())}`;
    report({ code: 'anchor-differs', where: `anchor at ${range.size}`, detail });
  };

  /** A whole bundle is a tile: its tree grows at once, unless an anchor is inside it. */
  const growTree = (entries: readonly Uint8Array[]): void => {
    const hashes = entries.map((bytes) => hashLeaf(bytes, primitives));
    const end = range.size + BigInt(entries.length);
    const take = (node: Node, hash: Uint8Array): void => {
      tiles.take(node, hash);
    };
    if (entries.length === TILE_WIDTH && !anchors.some(({ size: at }) => at > range.size && at < end)) {
      const row = concatAll(hashes);
      tiles.takeFull(range.size / BigInt(TILE_WIDTH), row);
      range.appendSubtree(TILE_HEIGHT, foldPerfect(row, primitives), take);
      compareAnchor();
      return;
    }
    for (const hash of hashes) {
      range.append(hash, take);
      compareAnchor();
    }
  };

  const readBundle = async (entries: readonly Uint8Array[]): Promise<void> => {
    const first = range.size;
    growTree(entries);
    const stored: AuditedStatement[] = [];
    for (const [i, bytes] of entries.entries()) {
      const index = first + BigInt(i);
      const statement = auditStatement(bytes, index, {
        domain,
        operator,
        declared,
        signatures,
        primitives,
        report,
      });
      if (statement === undefined) continue;
      chains.add(statement, report);
      claims.add(statement, chains, report);
      if (options.payloads === 'skip' || statement.entry.operatorPart.payloadCid.length === 0) continue;
      if (index < storedBelow) stored.push(statement);
      else payloads.waiting += 1;
    }
    for (let from = 0; from < stored.length; from += PAYLOADS_AT_ONCE)
      await Promise.all(stored.slice(from, from + PAYLOADS_AT_ONCE).map(readPayload));
    await tiles.compareFull(source, report);
  };

  for await (const entries of bundlesOf(source, range.size, size)) {
    await readBundle(entries);
    options.onProgress?.({ done: range.size, size });
    if (options.onState === undefined || range.size % (options.stateEvery ?? STATE_EVERY) !== 0n) continue;
    signatures.settle();
    await options.onState({
      format: 'gridseal-audit/2',
      origin: key.name,
      size: String(range.size),
      range: range.hashes.map(toBase64),
      tiles: tiles.snapshot(),
      declared: [...declared],
      chains: chains.snapshot(),
      claims: claims.snapshot(),
      payloads,
      findings,
      findingCount,
    });
  }
  signatures.settle();
  await tiles.compareEdge(source, report);
  if (checkpoint !== undefined && !equal(range.root(), checkpoint.root)) {
    const detail = `the checkpoint signs ${toHex(checkpoint.root)}, the entries give ${toHex(range.root())}`;
    report({ code: 'root-differs', where: `checkpoint at ${size}`, detail });
  }
  for (const { size: anchored } of anchors)
    if (anchored > size)
      report({
        code: 'anchor-differs',
        where: `anchor at ${anchored}`,
        detail: `the log shows ${size} entries only`,
      });
  // What an operator says was accepted long ago is looked for in the whole log: such statements are few.
  if (claims.isSeeking)
    for await (const entries of bundlesOf(source, 0n, size)) for (const bytes of entries) claims.find(bytes);
  claims.finish(report);
  const holes = chains.finish(report);
  return {
    origin: key.name,
    size,
    root: range.root(),
    chains: chains.size,
    holes,
    payloads,
    anchors: anchors.length,
    findings,
    findingCount,
  };
};

const hashOf = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array(0);

const readCheckpoint = (
  text: string,
  key: VerifierKey,
  primitives: Primitives,
  report: (finding: Finding) => void,
): Checkpoint | undefined => {
  const read = ((): string | Checkpoint => {
    try {
      const note = parseNote(text);
      const checkpoint = parseCheckpoint(note.text);
      if (checkpoint.origin !== key.name) return `it is of ${checkpoint.origin}, not of ${key.name}`;
      const isSigned = note.signatures.some((line) => verifyNoteSignature(note.text, line, key, primitives));
      return isSigned ? checkpoint : `no signature by ${key.name} verifies`;
    } catch (error) {
      if (error instanceof TlogError) return error.message;
      throw error;
    }
  })();
  if (typeof read !== 'string') return read;
  report({ code: 'checkpoint-invalid', where: 'checkpoint', detail: read });
  return undefined;
};

/** Entry bundles of `[from, size)` in order, some fetched ahead. */
async function* bundlesOf(
  source: AuditSource,
  from: bigint,
  size: bigint,
): AsyncGenerator<readonly Uint8Array[]> {
  const width = BigInt(TILE_WIDTH);
  const last = (size + width - 1n) / width;
  const fetched = new Map<bigint, Promise<readonly Uint8Array[]>>();
  for (let bundle = from / width; bundle < last; bundle += 1n) {
    for (let next = bundle; next < last && next <= bundle + AHEAD; next += 1n) {
      if (fetched.has(next)) continue;
      const left = size - next * width;
      const entries = source.entries(next, Number(left < width ? left : width));
      // Whoever awaits it first is told; one that nobody will await must not end the process.
      entries.catch(() => undefined);
      fetched.set(next, entries);
    }
    const entries = await fetched.get(bundle);
    fetched.delete(bundle);
    if (entries !== undefined) yield entries;
  }
}
