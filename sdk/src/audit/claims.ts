import {
  decodeEntry,
  digestOfEncoded,
  authorPartOf,
  equal,
  ProtocolError,
  toHex,
  verifyEquivocation,
  type Domain,
  type Hex,
  type Primitives,
  type StatementOf,
} from '@gridseal/protocol';
import { nameOf, proofOf, type AuthorChains } from './author-chains.ts';
import type { Finding } from './findings.ts';
import type { AuditedStatement } from './statements.ts';

type Report = (finding: Finding) => void;

/** A batch that an erasure names, or a statement that an equivocation says was accepted, to be found in the log. */
type Sought = { readonly index: string; readonly digest: Hex; readonly keyCommitment?: Hex };

/** What is still to be found, by place (`author/lane/boot/sequence`) or key commitment; and keys seen, as JSON. */
export type ClaimsSnapshot = {
  readonly sought: readonly (readonly [name: string, Sought])[];
  readonly keys: readonly string[];
};

const placeOf = (chain: string, sequence: bigint): string => `${chain}/${sequence}`;
const FIRST_KEY = 12;

/**
 * Judges what the operator says of others by what the log shows: it is believed nothing that its own log contradicts, and
 * nothing against a device that the device did not sign.
 */
export class Claims {
  readonly #domain: Domain;
  readonly #primitives: Primitives;
  /** `author/keyId` of keys that are not their author's first, and that the log shows to speak for it. */
  readonly #keys: Set<string>;
  readonly #sought = new Map<string, Sought[]>();

  constructor(
    domain: Domain,
    primitives: Primitives,
    { sought, keys }: ClaimsSnapshot = { sought: [], keys: [] },
  ) {
    this.#domain = domain;
    this.#primitives = primitives;
    this.#keys = new Set(keys);
    for (const [name, each] of sought) this.#seek(name, each);
  }

  /** Takes the next statement of the log, which `chains` has taken already. */
  add({ index, entry, statement }: AuditedStatement, chains: AuthorChains, report: Report): void {
    const { author, keyId } = entry.authorPart.header;
    if (!equal(author, keyId.subarray(FIRST_KEY))) this.#keys.add(keyName(author, keyId));
    switch (statement?.kind) {
      case 'Gap':
        this.#judgeGap(statement, index, chains, report);
        return;
      case 'Equivocation':
        this.#judgeEquivocation(statement, index, chains, report);
        return;
      case 'RegistryEvent':
        if (statement.body.change === 1)
          this.#keys.add(keyName(statement.body.identity, statement.body.keyId));
        return;
      case 'Erasure': {
        const { erased, keyCommitment } = statement.body;
        const commitment = toHex(keyCommitment);
        this.#seek(commitment, { index: String(index), digest: toHex(erased), keyCommitment: commitment });
        return;
      }
      default:
    }
  }

  /** Whether something is sought that only another look at the entries finds. */
  get isSeeking(): boolean {
    return this.#sought.size > 0;
  }

  /** Looks at an entry again, for what is sought. */
  find(bytes: Uint8Array): void {
    let entry: ReturnType<typeof decodeEntry>;
    try {
      entry = decodeEntry(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return; // Reported when it was first read.
      throw error;
    }
    const { author, lane, boot, sequence } = entry.authorPart.header;
    const { keyCommitment } = entry.operatorPart;
    const names = [
      placeOf(nameOf(author, lane, boot), sequence),
      ...(keyCommitment.length === 0 ? [] : [toHex(keyCommitment)]),
    ];
    for (const name of names) {
      const sought = this.#sought.get(name);
      if (sought === undefined) continue;
      const digest = toHex(digestOfEncoded(authorPartOf(bytes), this.#domain, this.#primitives));
      const left = sought.filter((each) => each.digest !== digest);
      if (left.length === 0) this.#sought.delete(name);
      else this.#sought.set(name, left);
    }
  }

  /** Names what was sought and is not there. */
  finish(report: Report): void {
    const left = [...this.#sought.values()].flat().sort((a, b) => Number(BigInt(a.index) - BigInt(b.index)));
    for (const { index, digest, keyCommitment } of left)
      report(
        keyCommitment === undefined
          ? {
              code: 'equivocation-unproven',
              where: `entry ${index}`,
              detail: `the log does not hold ${digest}, which is said to be the accepted statement`,
            }
          : {
              code: 'erasure-unproven',
              where: `entry ${index}`,
              detail: `the log holds no batch ${digest} of the key ${keyCommitment}`,
            },
      );
  }

  snapshot(): ClaimsSnapshot {
    const sought = [...this.#sought].flatMap(([name, all]) => all.map((each) => [name, each] as const));
    return { sought, keys: [...this.#keys] };
  }

  #seek(name: string, sought: Sought): void {
    const known = this.#sought.get(name);
    if (known === undefined) this.#sought.set(name, [sought]);
    else known.push(sought);
  }

  #judgeGap({ body }: StatementOf<'Gap'>, index: bigint, chains: AuthorChains, report: Report): void {
    const { subject, lane, boot, firstSequence, lastSequence } = body;
    const name = nameOf(subject, lane, boot);
    const found = chains.firstPresent(name, firstSequence, lastSequence);
    const detail =
      found !== undefined
        ? `${name}, numbers ${firstSequence} to ${lastSequence}: the log holds number ${found}`
        : chains.reachesBeyond(name, lastSequence)
          ? undefined
          : `${name}, numbers ${firstSequence} to ${lastSequence}: the log holds nothing after them, so nothing shows that they are missing`;
    if (detail === undefined) chains.recordGap(name, firstSequence, lastSequence);
    else report({ code: 'gap-false', where: `entry ${index}`, detail });
  }

  #judgeEquivocation(
    { body }: StatementOf<'Equivocation'>,
    index: bigint,
    chains: AuthorChains,
    report: Report,
  ): void {
    const { subject, lane, boot, sequence, acceptedDigest, conflictingDigest } = body;
    const unproven = (detail: string): void => {
      report({ code: 'equivocation-unproven', where: `entry ${index}`, detail });
    };
    let keyId: Uint8Array;
    try {
      ({ keyId } = verifyEquivocation(body, this.#domain, this.#primitives));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      unproven(`${toHex(subject)} did not sign what is said to contradict: ${error.message}`);
      return;
    }
    if (!equal(keyId.subarray(FIRST_KEY), subject) && !this.#keys.has(keyName(subject, keyId))) {
      unproven(`nothing in the log shows that key ${toHex(keyId)} speaks for ${toHex(subject)}`);
      return;
    }
    const name = nameOf(subject, lane, boot);
    const [accepted, conflicting] = [toHex(acceptedDigest), toHex(conflictingDigest)];
    chains.recordEquivocation(proofOf(name, sequence, accepted, conflicting));
    if (chains.digestAt(name, sequence) === accepted) return;
    this.#seek(placeOf(name, sequence), { index: String(index), digest: accepted });
  }
}

const keyName = (author: Uint8Array, keyId: Uint8Array): string => `${toHex(author)}/${toHex(keyId)}`;
