import {
  authorPartOf,
  decodeEntry,
  digestOfEncoded,
  equal,
  KINDS,
  kindOf,
  ProtocolError,
  readStatement,
  toHex,
  type Domain,
  type Entry,
  type Primitives,
  type Statement,
} from '@gridseal/protocol';
import type { Finding } from './findings.ts';
import type { Signatures } from './signatures.ts';

/** A statement of the log, read and checked by itself. */
export type AuditedStatement = {
  readonly index: bigint;
  readonly entry: Entry;
  readonly digest: Uint8Array;
  /** Undefined for a kind that this version does not know, and for what its author may not say. */
  readonly statement: Statement | undefined;
};

/**
 * Checks what one entry says by itself: its encoding and its type. Its signature goes to `signatures`, to be verified with
 * others.
 *
 * @param declared type hashes that the log has declared so far, in hex; a declaration adds to them
 * @returns the statement, or undefined where the bytes are no entry
 */
export const auditStatement = (
  bytes: Uint8Array,
  index: bigint,
  context: {
    readonly domain: Domain;
    readonly operator: Uint8Array | undefined;
    readonly declared: Set<string>;
    readonly signatures: Signatures;
    readonly primitives: Primitives;
    readonly report: (finding: Finding) => void;
  },
): AuditedStatement | undefined => {
  const { domain, operator, declared, signatures, primitives, report } = context;
  const where = `entry ${index}`;
  const checked = <T>(code: Finding['code'], check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      report({ code, where, detail: error.message });
      return undefined;
    }
  };
  const entry = checked('entry-malformed', () => decodeEntry(bytes));
  if (entry === undefined) return undefined;
  const { authorPart } = entry;
  const isKnown = kindOf(authorPart.typeHash) !== undefined;
  const statement = isKnown
    ? checked('entry-malformed', () => readStatement(authorPart, primitives))
    : undefined;
  const isEntitled = statement === undefined || operator === undefined || isOf(statement, operator);
  if (!isEntitled)
    report({
      code: 'author-mismatch',
      where,
      detail: `${statement.kind} by ${toHex(authorPart.header.author)}; the operator is ${toHex(operator)}`,
    });
  // The word of a string member is its hash, and a declaration's string is the type.
  if (statement?.kind === 'TypeDeclaration' && isEntitled) declared.add(toHex(authorPart.words));
  if (!declared.has(toHex(authorPart.typeHash)))
    report({ code: 'type-undeclared', where, detail: `type ${toHex(authorPart.typeHash)}` });
  const digest = digestOfEncoded(authorPartOf(bytes), domain, primitives);
  // Copies: what waits for others of its key must not hold a bundle in memory.
  const [signature, keyId] = [authorPart.signature.slice(), authorPart.header.keyId.slice()];
  signatures.add({ digest, signature, keyId, where });
  return { index, entry, digest, statement: isEntitled ? statement : undefined };
};

/** Whether a kind that is the operator's was made by the operator, and no other kind. */
const isOf = ({ kind, header }: Statement, operator: Uint8Array): boolean =>
  equal(header.author, operator) === (KINDS[kind].author === 'operator');
