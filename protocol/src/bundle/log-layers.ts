import { equal, fromHex, type Hex } from '../bytes.ts';
import { hashLeaf } from '../merkle/hash.ts';
import { verifyInclusion } from '../merkle/verify.ts';
import type { Primitives } from '../primitives.ts';
import { parseCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts';
import { verifyCosignature } from '../tlog/cosignature.ts';
import {
  NOTE_ALGORITHM,
  formatVerifierKey,
  isByKey,
  parseNote,
  parseVerifierKey,
  verifyNoteSignature,
  type Note,
  type VerifierKey,
} from '../tlog/note.ts';
import { parseProof, type TlogProof } from '../tlog/proof.ts';
import type { Bundle } from './bundle.ts';
import type { Trust, TrustedLog } from './trust.ts';
import { LayerFailure } from './verdict.ts';

/** The log of a bundle's domain, where it is trusted. */
export function trustedLog(trust: Trust, logId: Hex): TrustedLog {
  const log = trust.logs.find((candidate) => candidate.logId === logId);
  if (log !== undefined) return log;
  throw new LayerFailure('LogUntrusted', 'the trust names no such log', {
    expected: trust.logs.map((candidate) => candidate.logId).join(' or ') || 'a trusted log',
    actual: logId,
  });
}

/** The proof and the note in it. @throws TlogError */
export function readProof(bundle: Bundle): { proof: TlogProof; note: Note; checkpoint: Checkpoint } {
  const proof = parseProof(bundle.proof);
  const note = parseNote(proof.checkpoint);
  return { proof, note, checkpoint: parseCheckpoint(note.text) };
}

/** Holds when the entry is at its index under the checkpoint's root. */
export function checkInclusion(bundle: Bundle, primitives: Primitives): string {
  const { proof, checkpoint } = readProof(bundle);
  const leafHash = hashLeaf(fromHex(bundle.entry, 'entry'), primitives);
  const { index, path } = proof;
  verifyInclusion({ index, size: checkpoint.size, leafHash, path, root: checkpoint.root }, primitives);
  return `entry ${index} of a log of ${checkpoint.size}`;
}

/** Epoch of an origin `<host>/<logId>/<epoch>`. */
export function epochOf(origin: string, logId: Hex): bigint {
  const parts = /^[^/]+\/(?<logId>[0-9a-f]{64})\/(?<epoch>0|[1-9]\d{0,9})$/u.exec(origin)?.groups;
  if (parts?.logId !== logId.slice(2)) {
    throw new LayerFailure('OriginMismatch', 'the checkpoint is of another log', {
      expected: `<host>/${logId.slice(2)}/<epoch>`,
      actual: origin,
    });
  }
  return BigInt(parts.epoch ?? '0');
}

/** Holds when a trusted key of the log, and enough witnesses, signed the checkpoint; every line must verify. */
export function checkCheckpoint(bundle: Bundle, trust: Trust, primitives: Primitives): string {
  const { note, checkpoint } = readProof(bundle);
  const log = trustedLog(trust, bundle.domain.logId);
  epochOf(checkpoint.origin, bundle.domain.logId);
  if (bundle.verifierKeys.length !== note.signatures.length) {
    throw new LayerFailure('SignatureLine', 'one verifier key for each signature line', {
      expected: String(note.signatures.length),
      actual: String(bundle.verifierKeys.length),
    });
  }
  const keys = bundle.verifierKeys.map((text) => parseVerifierKey(text, primitives));
  const seen = keys.map(formatVerifierKey);
  if (new Set(seen).size !== seen.length) {
    throw new LayerFailure('SignatureLine', 'a key signs a checkpoint once');
  }
  note.signatures.forEach((line, i) => {
    const key = keys[i];
    const verifies =
      key !== undefined &&
      isByKey(line, key) &&
      (key.algorithm === NOTE_ALGORITHM.ed25519
        ? verifyNoteSignature(note.text, line, key, primitives)
        : verifyCosignature(note.text, line, key, primitives) !== undefined);
    if (!verifies)
      throw new LayerFailure('SignatureLine', `signature line ${i + 1} of ${line.name} does not verify`);
  });
  requireLogKey(keys, log, checkpoint);
  const witnesses = requireQuorum(keys, checkpoint.size, trust);
  return `${checkpoint.origin} at ${checkpoint.size}, signed by the log${witnesses === 0 ? '' : ` and ${witnesses} ${witnesses === 1 ? 'witness' : 'witnesses'}`}`;
}

function requireLogKey(keys: readonly VerifierKey[], log: TrustedLog, { origin, size }: Checkpoint): void {
  const trusted = log.noteKeys.filter(
    ({ from, to }) => BigInt(from) <= size && (to === null || size < BigInt(to)),
  );
  const signed = keys.some(
    (key) => key.name === origin && trusted.some((each) => each.key === formatVerifierKey(key)),
  );
  const strangers = keys.filter(
    (key) =>
      key.algorithm === NOTE_ALGORITHM.ed25519 &&
      !trusted.some((each) => each.key === formatVerifierKey(key)),
  );
  if (!signed || strangers.length > 0) {
    throw new LayerFailure(
      'NoteKeyUntrusted',
      `no other than a trusted key may sign the log at size ${size}`,
      {
        expected: trusted.map(({ key }) => key).join(' or ') || 'a note key for this size',
        actual: keys.map(formatVerifierKey).join(', ') || 'none',
      },
    );
  }
}

function requireQuorum(keys: readonly VerifierKey[], size: bigint, trust: Trust): number {
  const cosigners = keys.filter((key) => key.algorithm === NOTE_ALGORITHM.cosignature);
  const trusted = trust.witnesses.keys.map((text) => parseVerifierKey(text));
  const known = cosigners.filter((key) =>
    trusted.some((each) => equal(each.publicKey, key.publicKey) && each.name === key.name),
  );
  const { from, quorum } = trust.witnesses;
  if (size >= BigInt(from) && BigInt(known.length) < BigInt(quorum)) {
    throw new LayerFailure('QuorumMissing', 'too few trusted witnesses signed', {
      expected: quorum,
      actual: String(known.length),
    });
  }
  return known.length;
}
