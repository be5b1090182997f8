import { concat, fromBigInt, requireLength, toHex, utf8, type Hex } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';
import { encodeHeader, type UnsignedPart } from './codec.ts';
import type { Member, MemberValue } from './members.ts';
import { HEADER_MEMBERS, HEADER_TYPE_HASH } from './type-string.ts';
import { KINDS, type KindName, type StatementOf } from './types.ts';

/**
 * The EIP-712 domain of one log: a signature under it is worth nothing on another chain, another contract or another log.
 * Made by {@link domainOf}.
 */
export type Domain = {
  readonly chainId: bigint;
  /** Address of EvidenceLog, 20 bytes. */
  readonly evidenceLog: Uint8Array;
  /** `logId`, 32 bytes: the domain's salt. */
  readonly logId: Uint8Array;
  /** EIP-712 domain separator, 32 bytes. */
  readonly separator: Uint8Array;
};

export const DOMAIN_NAME = 'Gridseal';
export const DOMAIN_VERSION = '1';
const DOMAIN_MEMBERS = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
] as const;
const DOMAIN_TYPE = `EIP712Domain(${DOMAIN_MEMBERS.map(({ type, name }) => `${type} ${name}`).join(',')})`;
/** Where an encoded author part counts its words: after type hash and header. */
const WORDS_AT = 32 + 32 * HEADER_MEMBERS.length;
const TYPED_DATA_PREFIX = Uint8Array.of(0x19, 0x01);
const ADDRESS_PADDING = new Uint8Array(12);
const NOTHING = new Uint8Array(0);

/**
 * The domain of a log, its separator computed once.
 *
 * @throws ProtocolError `OutOfRange`, `LengthMismatch`
 * @example domainOf({ chainId: 31337n, evidenceLog: fromHex(address), logId })
 */
export function domainOf(
  { chainId, evidenceLog, logId }: Pick<Domain, 'chainId' | 'evidenceLog' | 'logId'>,
  primitives: Primitives = portable,
): Domain {
  requireLength(evidenceLog, 20, 'domain.evidenceLog');
  requireLength(logId, 32, 'domain.logId');
  const separator = primitives.keccak256(
    concat(
      primitives.keccak256(utf8(DOMAIN_TYPE)),
      primitives.keccak256(utf8(DOMAIN_NAME)),
      primitives.keccak256(utf8(DOMAIN_VERSION)),
      fromBigInt(chainId, 32, 'domain.chainId'),
      ADDRESS_PADDING,
      evidenceLog,
      logId,
    ),
  );
  return { chainId, evidenceLog, logId, separator };
}

const message = new Uint8Array(1024);

/** {@link concat} for what is hashed at once: to make the message costs as much as to hash it. Good until the next call. */
function joined(a: Uint8Array, b: Uint8Array, c: Uint8Array = NOTHING): Uint8Array {
  const length = a.length + b.length + c.length;
  if (length > message.length) return concat(a, b, c);
  message.set(a);
  message.set(b, a.length);
  message.set(c, a.length + b.length);
  return message.subarray(0, length);
}

/**
 * EIP-712 digest of a struct under a domain: `keccak256(0x1901 ‖ separator ‖ structHash)`.
 */
export function typedDigest(
  structHash: Uint8Array,
  domain: Domain,
  primitives: Primitives = portable,
): Uint8Array {
  return primitives.keccak256(joined(TYPED_DATA_PREFIX, domain.separator, structHash));
}

/**
 * The digest that names a statement and that its author signs, 32 bytes. Needs no knowledge of the kind. It is what
 * `hashTypedData` of any EIP-712 library gives for {@link typedData}.
 *
 * @throws ProtocolError what {@link encodeHeader} throws
 * @example const name = digest(decodeAuthorPart(bytes), domain)
 */
export function digest(part: UnsignedPart, domain: Domain, primitives: Primitives = portable): Uint8Array {
  const header = primitives.keccak256(joined(HEADER_TYPE_HASH, encodeHeader(part.header)));
  return typedDigest(primitives.keccak256(joined(part.typeHash, header, part.words)), domain, primitives);
}

/**
 * {@link digest} of an encoded author part, without decoding it and encoding its header again.
 *
 * @param authorPart bytes that `decodeAuthorPart` has accepted: those of no other have a meaning
 * @example const name = digestOfEncoded(authorPartOf(entry), domain)
 */
export function digestOfEncoded(
  authorPart: Uint8Array,
  domain: Domain,
  primitives: Primitives = portable,
): Uint8Array {
  const words = WORDS_AT + 1 + 32 * (authorPart[WORDS_AT] ?? 0);
  const header = primitives.keccak256(joined(HEADER_TYPE_HASH, authorPart.subarray(32, WORDS_AT)));
  const struct = joined(authorPart.subarray(0, 32), header, authorPart.subarray(WORDS_AT + 1, words));
  return typedDigest(primitives.keccak256(struct), domain, primitives);
}

/** A statement in the shape of `eth_signTypedData_v4`, as wallets and EIP-712 libraries take it. */
export type TypedData = {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: bigint;
    readonly verifyingContract: Hex;
    readonly salt: Hex;
  };
  readonly types: { readonly [type: string]: readonly { readonly name: string; readonly type: string }[] };
  readonly primaryType: KindName;
  readonly message: { readonly [name: string]: unknown };
};

/**
 * The typed data that a wallet shows a person before signing.
 *
 * @example await walletClient.signTypedData(typedData({ kind: 'Reset', header, body }, domain))
 */
export function typedData<Name extends KindName>(statement: StatementOf<Name>, domain: Domain): TypedData {
  const { members } = KINDS[statement.kind];
  return {
    domain: {
      name: DOMAIN_NAME,
      version: DOMAIN_VERSION,
      chainId: domain.chainId,
      verifyingContract: toHex(domain.evidenceLog),
      salt: toHex(domain.logId),
    },
    types: {
      EIP712Domain: DOMAIN_MEMBERS,
      Header: HEADER_MEMBERS.map(({ name, type }) => ({ name, type })),
      [statement.kind]: [
        { name: 'header', type: 'Header' },
        ...members.map(({ name, type }) => ({ name, type })),
      ],
    },
    primaryType: statement.kind,
    message: {
      header: withHex(HEADER_MEMBERS, statement.header),
      ...withHex(members, statement.body),
    },
  };
}

function withHex(
  members: readonly Member[],
  values: { readonly [name: string]: MemberValue },
): { readonly [name: string]: unknown } {
  return Object.fromEntries(
    members.map(({ name }) => {
      const value = values[name];
      return [name, value instanceof Uint8Array ? toHex(value) : value];
    }),
  );
}
