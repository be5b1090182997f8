import { toHex, type Hex } from '@gridseal/protocol';
import type { AuditedStatement } from './statements.ts';
import type { Finding } from './findings.ts';

type Link = { readonly index: bigint; readonly digest: Hex; readonly previous: Hex };

/** A chain: everything below `next` was seen; what lies beyond a hole waits. */
type Chain = { next: bigint; last: Link | undefined; readonly waiting: Map<bigint, Link> };

/** Numbers that a chain lacks. */
export type Holes = {
  /** Statements that are missing, of all chains together. */
  readonly missing: bigint;
  /** Those of them that a `Gap` statement records. */
  readonly recorded: bigint;
};

/** A chain as JSON: integers are decimal strings. */
export type ChainSnapshot = {
  readonly name: string;
  readonly next: string;
  readonly links: readonly (readonly [sequence: string, index: string, digest: Hex, previous: Hex])[];
};

/** Everything that the chains know, as JSON. */
export type AuthorChainsSnapshot = {
  readonly chains: readonly ChainSnapshot[];
  readonly contradictions: readonly (readonly [proof: string, index: string, detail: string])[];
  readonly equivocations: readonly string[];
  readonly gaps: readonly (readonly [name: string, first: string, last: string])[];
};

/** Names a chain. */
export const nameOf = (author: Uint8Array, lane: number, boot: number): string =>
  `${toHex(author)}/${lane}/${boot}`;

/** Names an equivocation by what it is about, so that a contradiction finds the statement that records it. */
export const proofOf = (name: string, sequence: bigint, accepted: Hex, conflicting: Hex): string =>
  `${name}/${sequence}/${accepted}/${conflicting}`;

/**
 * Links statements into the chains of their authors, in whatever order they came: each names the digest of the one before.
 * A contradiction is for the operator to record as an `Equivocation`; one that nothing records is a finding.
 */
export class AuthorChains {
  readonly #chains = new Map<string, Chain>();
  readonly #contradictions: (readonly [proof: string, index: bigint, detail: string])[] = [];
  readonly #equivocations = new Set<string>();
  readonly #gaps: (readonly [name: string, first: bigint, last: bigint])[] = [];

  get size(): number {
    return this.#chains.size;
  }

  /** Takes the next statement of the log. */
  add({ index, entry, digest }: AuditedStatement, report: (finding: Finding) => void): void {
    const { author, lane, boot, sequence, previous } = entry.authorPart.header;
    const name = nameOf(author, lane, boot);
    const chain = this.#chainOf(name);
    if (sequence < chain.next || chain.waiting.has(sequence)) {
      report({ code: 'place-taken', where: `entry ${index}`, detail: `${name}, number ${sequence}` });
    } else {
      chain.waiting.set(sequence, { index, digest: toHex(digest), previous: toHex(previous) });
      this.#advance(name, chain);
    }
  }

  /** Takes a contradiction as recorded: its signature was verified. That the log holds what was accepted is not asked here. */
  recordEquivocation(proof: string): void {
    this.#equivocations.add(proof);
  }

  /** Takes numbers as recorded to be missing. */
  recordGap(name: string, first: bigint, last: bigint): void {
    this.#gaps.push([name, first, last]);
  }

  /** The digest of the statement at a number, where it is still known: digests of what was linked are not kept. */
  digestAt(name: string, sequence: bigint): Hex | undefined {
    const chain = this.#chains.get(name);
    return sequence + 1n === chain?.next ? chain.last?.digest : chain?.waiting.get(sequence)?.digest;
  }

  /** The lowest number from `first` to `last` that the log held so far, or undefined where it held none of them. */
  firstPresent(name: string, first: bigint, last: bigint): bigint | undefined {
    const chain = this.#chains.get(name);
    if (chain === undefined) return undefined;
    if (first < chain.next) return first;
    const inside = [...chain.waiting.keys()].filter((sequence) => sequence >= first && sequence <= last);
    return inside.length === 0 ? undefined : inside.reduce((a, b) => (a < b ? a : b));
  }

  /** Whether the log held a number above this one so far. */
  reachesBeyond(name: string, sequence: bigint): boolean {
    const chain = this.#chains.get(name);
    if (chain === undefined) return false;
    return chain.next > sequence + 1n || [...chain.waiting.keys()].some((each) => each > sequence);
  }

  /** Judges what only the whole log can show. */
  finish(report: (finding: Finding) => void): Holes {
    let missing = 0n;
    let recorded = 0n;
    for (const [name, { next, waiting }] of this.#chains) {
      let expected = next;
      for (const [sequence, link] of [...waiting].sort(([a], [b]) => (a < b ? -1 : 1))) {
        missing += sequence - expected;
        recorded += this.#recorded(name, expected, sequence);
        this.#compare(name, sequence, link, waiting.get(sequence - 1n));
        expected = sequence + 1n;
      }
    }
    for (const [proof, index, detail] of this.#contradictions)
      if (!this.#equivocations.has(proof)) report({ code: 'chain-broken', where: `entry ${index}`, detail });
    return { missing, recorded };
  }

  /** Everything known, as JSON, for {@link AuthorChains.from}. */
  snapshot(): AuthorChainsSnapshot {
    return {
      chains: [...this.#chains].map(([name, { next, last, waiting }]) => ({
        name,
        next: String(next),
        links: [...(last === undefined ? [] : [[next - 1n, last] as const]), ...waiting].map(
          ([sequence, { index, digest, previous }]) => [String(sequence), String(index), digest, previous],
        ),
      })),
      contradictions: this.#contradictions.map(([proof, index, detail]) => [proof, String(index), detail]),
      equivocations: [...this.#equivocations],
      gaps: this.#gaps.map(([name, first, last]) => [name, String(first), String(last)]),
    };
  }

  static from(snapshot: AuthorChainsSnapshot): AuthorChains {
    const all = new AuthorChains();
    for (const { name, next, links } of snapshot.chains) {
      const chain = all.#chainOf(name);
      chain.next = BigInt(next);
      for (const [sequence, index, digest, previous] of links) {
        const link = { index: BigInt(index), digest, previous };
        if (BigInt(sequence) < chain.next) chain.last = link;
        else chain.waiting.set(BigInt(sequence), link);
      }
    }
    for (const [proof, index, detail] of snapshot.contradictions)
      all.#contradictions.push([proof, BigInt(index), detail]);
    for (const proof of snapshot.equivocations) all.#equivocations.add(proof);
    for (const [name, first, last] of snapshot.gaps) all.#gaps.push([name, BigInt(first), BigInt(last)]);
    return all;
  }

  #chainOf(name: string): Chain {
    const known = this.#chains.get(name);
    if (known !== undefined) return known;
    const chain: Chain = { next: 0n, last: undefined, waiting: new Map() };
    this.#chains.set(name, chain);
    return chain;
  }

  #advance(name: string, chain: Chain): void {
    for (let link = chain.waiting.get(chain.next); link !== undefined; link = chain.waiting.get(chain.next)) {
      this.#compare(name, chain.next, link, chain.last);
      chain.waiting.delete(chain.next);
      chain.last = link;
      chain.next += 1n;
    }
  }

  #compare(name: string, sequence: bigint, link: Link, before: Link | undefined): void {
    if (before === undefined || before.digest === link.previous) return;
    const detail = `${name}, number ${sequence}: follows ${link.previous}, and number ${sequence - 1n} is ${before.digest}`;
    this.#contradictions.push([
      proofOf(name, sequence - 1n, before.digest, link.previous),
      link.index,
      detail,
    ]);
  }

  #recorded(name: string, from: bigint, to: bigint): bigint {
    let sum = 0n;
    for (const [of, first, last] of this.#gaps) {
      if (of !== name) continue;
      const [start, end] = [first > from ? first : from, last + 1n < to ? last + 1n : to];
      if (end > start) sum += end - start;
    }
    return sum;
  }
}
