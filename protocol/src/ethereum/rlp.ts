import { RLP } from '@ethereumjs/rlp';
import { equal, toBigInt } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

/** An RLP item: a byte string, or a list of items. */
export type RlpItem = Uint8Array | readonly RlpItem[];

/**
 * Decodes RLP in its one encoding (Yellow Paper, appendix B).
 *
 * @throws ProtocolError `NonCanonical`
 */
export function decodeRlp(bytes: Uint8Array, field: string): RlpItem {
  let item: RlpItem;
  try {
    item = RLP.decode(bytes);
    if (equal(RLP.encode(item as Parameters<typeof RLP.encode>[0]), bytes)) return item;
  } catch (cause) {
    throw new ProtocolError('NonCanonical', field, { expected: 'RLP', cause });
  }
  throw new ProtocolError('NonCanonical', field, { expected: 'RLP in its one encoding' });
}

/** The items of a list. @throws ProtocolError `NonCanonical` */
export function listOf(item: RlpItem | undefined, field: string): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) {
    throw new ProtocolError('NonCanonical', field, { expected: 'an RLP list' });
  }
  return item;
}

/** The bytes of a string, of a fixed length where one is given. @throws ProtocolError `NonCanonical` */
export function bytesOf(item: RlpItem | undefined, field: string, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array) || (length !== undefined && item.length !== length)) {
    throw new ProtocolError('NonCanonical', field, { expected: `an RLP string of ${length ?? 'any'} bytes` });
  }
  return item;
}

/** An integer without leading zeros. @throws ProtocolError `NonCanonical` */
export function integerOf(item: RlpItem | undefined, field: string): bigint {
  const bytes = bytesOf(item, field);
  if (bytes[0] === 0 || bytes.length > 32) {
    throw new ProtocolError('NonCanonical', field, { expected: 'an integer without leading zeros' });
  }
  return toBigInt(bytes);
}

/** RLP of a small integer, as the receipts trie names its entries. */
export function rlpOfIndex(index: bigint): Uint8Array {
  return RLP.encode(index);
}
