import {
  decodeSignature,
  isZero,
  ProtocolError,
  toHex,
  verifySignature,
  type Primitives,
  type SignedDigest,
} from '@gridseal/protocol';
import type { Finding } from './findings.ts';

/** Signatures of one key that are verified at once; in larger batches each costs hardly less. */
const BATCH = 64;
/** In a smaller batch each costs more than by itself. */
const SMALLEST_BATCH = 8;
/** Signatures that wait for others of their key, of all keys together. */
const MAX_WAITING = 65_536;
/** A key identifier of secp256k1 is an address, padded to 32 bytes. */
const PADDING = 12;

/** A statement's signature, and what a finding about it names. */
export type StatementSignature = {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** As in the entry: the algorithm first. */
  readonly signature: Uint8Array;
  /** 32 bytes. */
  readonly keyId: Uint8Array;
  readonly where: string;
};

/**
 * Verifies the signatures of a log's statements: those of a secp256k1 key in batches where the platform can
 * (docs/adr/0028), the others as they come. A batch that does not hold is verified one by one, so that each finding names
 * its entry; it may be reported after findings about later entries.
 */
export class Signatures {
  readonly #primitives: Primitives;
  readonly #report: (finding: Finding) => void;
  readonly #waitingOf = new Map<string, StatementSignature[]>();
  #waiting = 0;

  constructor(primitives: Primitives, report: (finding: Finding) => void) {
    this.#primitives = primitives;
    this.#report = report;
  }

  /** Takes a statement's signature. It is verified at once, with others of its key, or by {@link settle}. */
  add(signed: StatementSignature): void {
    if (!this.#canWait(signed)) {
      this.#verify(signed);
      return;
    }
    const key = toHex(signed.keyId);
    const waiting = this.#waitingOf.get(key) ?? [];
    waiting.push(signed);
    this.#waiting += 1;
    if (waiting.length < BATCH) this.#waitingOf.set(key, waiting);
    else {
      this.#waitingOf.delete(key);
      this.#verifyBatch(waiting);
    }
    if (this.#waiting >= MAX_WAITING) this.settle();
  }

  /** Verifies what still waits. */
  settle(): void {
    for (const waiting of this.#waitingOf.values()) this.#verifyBatch(waiting);
    this.#waitingOf.clear();
  }

  #canWait({ signature, keyId }: StatementSignature): boolean {
    if (this.#primitives.verifySecp256k1Batch === undefined) return false;
    try {
      return decodeSignature(signature).algorithm === 'secp256k1' && isZero(keyId.subarray(0, PADDING));
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
  }

  #verifyBatch(batch: readonly StatementSignature[]): void {
    this.#waiting -= batch.length;
    if (batch.length >= SMALLEST_BATCH && this.#holds(batch)) return;
    for (const signed of batch) this.#verify(signed);
  }

  #holds(batch: readonly StatementSignature[]): boolean {
    const address = batch[0]!.keyId.subarray(PADDING);
    const claims = batch.map(({ digest, signature }): SignedDigest => ({
      digest,
      signature: signature.subarray(1),
    }));
    return this.#primitives.verifySecp256k1Batch?.(address, claims) ?? false;
  }

  #verify({ where, ...signed }: StatementSignature): void {
    try {
      verifySignature(signed, this.#primitives);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#report({ code: 'signature-invalid', where, detail: error.message });
    }
  }
}
