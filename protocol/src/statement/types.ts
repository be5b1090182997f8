import { equal, isZero, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { decodeAuthorPart, type AuthorPart, type UnsignedPart } from './codec.ts';
import { decodeMembers, encodeMembers, parseMembers, type Member, type StructOf } from './members.ts';
import { encodeType, parseType, typeHash, type Header } from './type-string.ts';

/** Who may author a kind: the device itself, the identity's owner, or the log's operator. */
export type AuthorRole = 'device' | 'owner' | 'operator';

/** A kind of statement, as {@link KINDS} declares it. */
export type Kind<List extends string = string> = {
  readonly name: string;
  readonly author: AuthorRole;
  readonly members: readonly Member[];
  /** EIP-712 type string, `Header(…)` included. */
  readonly type: string;
  readonly typeHash: Uint8Array;
  /** What no encoding says. Throws `RuleViolated`. */
  readonly requireRules: (body: StructOf<List>, header: Header) => void;
};

/** Most readings a batch may have. */
export const MAX_READINGS = 65_536;

function declareKind<List extends string>(
  name: string,
  declaration: { author: AuthorRole; members: List; rules?: (body: StructOf<List>, header: Header) => void },
): Kind<List> {
  const type = encodeType(name, declaration.members);
  return {
    name,
    author: declaration.author,
    members: parseMembers(declaration.members),
    type,
    typeHash: typeHash(type),
    requireRules: declaration.rules ?? (() => undefined),
  };
}

function require(holds: boolean, field: string, expected: string): void {
  if (!holds) throw new ProtocolError('RuleViolated', field, { expected });
}

/**
 * Every kind of statement this version knows, one declaration each. The order is that of the `TypeDeclaration`s at the
 * head of a new log.
 */
export const KINDS = {
  TypeDeclaration: declareKind('TypeDeclaration', {
    author: 'operator',
    members: 'string declaration',
    rules: ({ declaration }) => void parseType(declaration, 'body.declaration'),
  }),
  TelemetryBatch: declareKind('TelemetryBatch', {
    author: 'device',
    members: 'bytes32 profile,uint64 startMs,uint64 endMs,uint32 count,bytes32 readingsRoot,bytes32 auxRoot',
    rules: ({ startMs, endMs, count, auxRoot }) => {
      require(startMs <= endMs, 'body.endMs', `at least ${startMs}`);
      require(count >= 1 && count <= MAX_READINGS, 'body.count', `1 to ${MAX_READINGS}`);
      require(isZero(auxRoot), 'body.auxRoot', 'zero');
    },
  }),
  Gap: declareKind('Gap', {
    author: 'operator',
    members:
      'address subject,uint32 lane,uint32 boot,uint64 firstSequence,uint64 lastSequence,uint64 windowMs',
    rules: ({ firstSequence, lastSequence }) =>
      require(firstSequence <= lastSequence, 'body.lastSequence', `at least ${firstSequence}`),
  }),
  Equivocation: declareKind('Equivocation', {
    author: 'operator',
    members:
      'address subject,uint32 lane,uint32 boot,uint64 sequence,bytes32 acceptedDigest,bytes32 conflictingDigest,bytes conflicting',
    rules: ({ subject, lane, boot, sequence, acceptedDigest, conflictingDigest, conflicting }) => {
      const { header } = decodeAuthorPart(conflicting);
      const isSameChain = header.lane === lane && header.boot === boot && equal(header.author, subject);
      const isSuccessor = header.sequence === sequence + 1n && equal(header.previous, conflictingDigest);
      const contradicts = isSameChain && (header.sequence === sequence || isSuccessor);
      require(contradicts, 'body.conflicting', 'the place in the chain it is said to take, or its successor');
      require(!equal(
        acceptedDigest,
        conflictingDigest,
      ), 'body.conflictingDigest', 'another digest than the accepted one');
    },
  }),
  Reset: declareKind('Reset', {
    author: 'owner',
    members: 'address subject,uint32 lane,uint32 boot,bytes32 lastKnown',
    rules: ({ boot }) => require(boot > 0, 'body.boot', 'a boot after the first'),
  }),
  RegistryEvent: declareKind('RegistryEvent', {
    author: 'operator',
    members:
      'address identity,bytes32 keyId,uint8 change,uint64 blockNumber,bytes32 blockHash,bytes32 transactionHash,uint32 logIndex',
    rules: ({ change }) => require(change >= 1 && change <= 3, 'body.change', '1, 2 or 3'),
  }),
  Erasure: declareKind('Erasure', {
    author: 'operator',
    members: 'bytes32 erased,bytes32 keyCommitment,string reason',
    rules: ({ reason }) => require(reason.length > 0, 'body.reason', 'a reason'),
  }),
} as const;

/** Name of a kind of {@link KINDS}. */
export type KindName = keyof typeof KINDS;

/** Members after the header of a kind. */
export type BodyOf<Name extends KindName> =
  (typeof KINDS)[Name] extends Kind<infer List> ? StructOf<List> : never;

/** A statement of a kind, as values. */
export type StatementOf<Name extends KindName> = {
  readonly kind: Name;
  readonly header: Header;
  readonly body: BodyOf<Name>;
};

/** A statement of any known kind; `kind` tells them apart. */
export type Statement = { [Name in KindName]: StatementOf<Name> }[KindName];

const NAMES = Object.keys(KINDS) as KindName[];

/** Name of the known kind with this type hash, or undefined. */
export function kindOf(typeHash: Uint8Array): KindName | undefined {
  return NAMES.find((name) => equal(KINDS[name].typeHash, typeHash));
}

/**
 * What the author signs, from a statement's values.
 *
 * @throws ProtocolError `OutOfRange`, `RuleViolated`
 * @example const part = unsignedPart({ kind: 'TypeDeclaration', header, body: { declaration: KINDS.Gap.type } });
 */
export function unsignedPart<Name extends KindName>(
  statement: StatementOf<Name>,
  primitives: Primitives = portable,
): UnsignedPart {
  const kind: Kind = KINDS[statement.kind];
  const { words, attachments } = encodeMembers(kind.members, statement.body, 'body', primitives);
  kind.requireRules(statement.body, statement.header);
  return { typeHash: kind.typeHash, header: statement.header, words, attachments };
}

/**
 * The values of an author part whose kind is known.
 *
 * @throws ProtocolError `UnknownKind`; what decoding its members throws; `RuleViolated`
 * @example
 * const statement = readStatement(decodeAuthorPart(bytes));
 * if (statement.kind === 'TelemetryBatch') statement.body.readingsRoot;
 */
export function readStatement(part: UnsignedPart, primitives: Primitives = portable): Statement {
  const name = kindOf(part.typeHash);
  if (name === undefined) {
    throw new ProtocolError('UnknownKind', 'typeHash', { actual: toHex(part.typeHash) });
  }
  const kind: Kind = KINDS[name];
  const body = decodeMembers(kind.members, part, 'body', primitives);
  kind.requireRules(body, part.header);
  return { kind: name, header: part.header, body } as unknown as Statement;
}

/**
 * The body of an author part of any kind, checked against a type string: its hash must be the part's type hash, every
 * word canonical, every attachment the one that its word hashes.
 *
 * @throws ProtocolError `InvalidTypeString`, `TypeHashMismatch`, and what decoding its members throws
 */
export function readBody(
  part: AuthorPart | UnsignedPart,
  type: string,
  primitives: Primitives = portable,
): ReturnType<typeof decodeMembers> {
  const { members } = parseType(type);
  const actual = toHex(typeHash(type, primitives));
  const expected = toHex(part.typeHash);
  if (actual !== expected) throw new ProtocolError('TypeHashMismatch', 'type', { expected, actual });
  return decodeMembers(members, part, 'body', primitives);
}
