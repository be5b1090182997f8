import { ProtocolError } from '../errors.ts';
import type { Primitives } from '../primitives.ts';
import { bytesOf, decodeRlp, integerOf, listOf } from './rlp.ts';

/** What evidence needs of a block header. */
export type BlockHeader = {
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly number: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
};

/** Fields before the first fork that added one; later forks append. */
const FIRST_FIELDS = 15;

/**
 * Reads an execution block header and hashes it (Yellow Paper, section 4.4; EIPs append fields).
 *
 * @throws ProtocolError `NonCanonical`, `TooLong`
 */
export function decodeHeader(bytes: Uint8Array, primitives: Primitives): BlockHeader {
  const fields = listOf(decodeRlp(bytes, 'block.header'), 'block.header');
  if (fields.length < FIRST_FIELDS) {
    throw new ProtocolError('NonCanonical', 'block.header', {
      expected: 'at least 15 fields',
      actual: fields.length,
    });
  }
  return {
    hash: primitives.keccak256(bytes),
    parentHash: bytesOf(fields[0], 'block.header.parentHash', 32),
    stateRoot: bytesOf(fields[3], 'block.header.stateRoot', 32),
    receiptsRoot: bytesOf(fields[5], 'block.header.receiptsRoot', 32),
    number: integerOf(fields[8], 'block.header.number'),
    timestamp: integerOf(fields[11], 'block.header.timestamp'),
  };
}

/** An event of a transaction. */
export type EventLog = {
  readonly address: Uint8Array;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
};

/** A transaction's outcome. */
export type Receipt2718 = { readonly succeeded: boolean; readonly logs: readonly EventLog[] };

/**
 * Reads a receipt (EIP-2718 envelope, EIP-658 status).
 *
 * @throws ProtocolError `NonCanonical`, `TooLong`
 */
export function decodeReceipt(bytes: Uint8Array): Receipt2718 {
  const isTyped = (bytes[0] ?? 0) < 0x80;
  const fields = listOf(decodeRlp(isTyped ? bytes.subarray(1) : bytes, 'receipt'), 'receipt');
  if (fields.length !== 4) throw new ProtocolError('NonCanonical', 'receipt', { expected: 'four fields' });
  const logs = listOf(fields[3], 'receipt.logs').map((item, i) => {
    const field = `receipt.logs[${i}]`;
    const log = listOf(item, field);
    if (log.length !== 3) throw new ProtocolError('NonCanonical', field, { expected: 'three fields' });
    return {
      address: bytesOf(log[0], field, 20),
      topics: listOf(log[1], field).map((topic) => bytesOf(topic, field, 32)),
      data: bytesOf(log[2], field),
    };
  });
  return { succeeded: integerOf(fields[0], 'receipt.status') === 1n, logs };
}

/** What evidence needs of an account. */
export type Account = {
  /** How many transactions it has sent, or contracts created. */
  readonly nonce: bigint;
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
};

/**
 * Reads an account of the state trie.
 *
 * @throws ProtocolError `NonCanonical`, `TooLong`
 */
export function decodeAccount(value: Uint8Array, field: string): Account {
  const fields = listOf(decodeRlp(value, field), field);
  if (fields.length !== 4) throw new ProtocolError('NonCanonical', field, { expected: 'an account' });
  return {
    nonce: integerOf(fields[0], field),
    storageRoot: bytesOf(fields[2], field, 32),
    codeHash: bytesOf(fields[3], field, 32),
  };
}
