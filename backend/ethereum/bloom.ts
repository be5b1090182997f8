import { hexToBytes, keccak256, type Hex } from 'viem';

const BLOOM_BYTES = 256;

/**
 * Whether a block's bloom filter leaves it possible that one of its logs has all of these as address or topic
 * (yellow paper, 4.3.1): three bits each. Possible is not certain; impossible is.
 *
 * @param bloom 256 bytes, the header's `logsBloom`
 */
export const mayHold = (bloom: Hex, items: readonly Hex[]): boolean => {
  const bits = hexToBytes(bloom);
  return items.every((item) => {
    const hash = hexToBytes(keccak256(item));
    return [0, 2, 4].every((at) => {
      const bit = ((hash[at]! << 8) | hash[at + 1]!) & (8 * BLOOM_BYTES - 1);
      return (bits[BLOOM_BYTES - 1 - (bit >>> 3)]! & (1 << (bit & 7))) !== 0;
    });
  });
};
