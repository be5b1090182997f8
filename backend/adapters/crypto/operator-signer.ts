import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { toHex, type Hex } from '@gridseal/protocol/bytes';
import { loadSecp256k1 } from '@gridseal/sdk/node/crypto/native-builds';

/**
 * A signer of 32-byte digests with a secp256k1 key: RFC 6979, low-s, so that the same digest always gets the same bytes.
 *
 * @param privateKey 32 bytes
 * @returns the key's address (lower-case) and `sign`, which gives r ‖ s ‖ v with v 27 or 28
 * @throws when the key is not from 1 to n − 1
 * @example createDigestSigner(key).sign(receiptDigest(receipt, domain))
 */
export const createDigestSigner = (
  privateKey: Uint8Array,
): { readonly address: Hex; readonly sign: (digest: Uint8Array) => Uint8Array } => {
  const point = secp256k1.getPublicKey(privateKey, false);
  const address = toHex(keccak_256(point.subarray(1)).subarray(12));
  const key = Uint8Array.from(privateKey);
  const build = loadSecp256k1();
  const sign =
    'native' in build
      ? (digest: Uint8Array) => {
          const { signature, recid } = build.native.ecdsaSign(digest, key);
          return withRecovery(signature, recid);
        }
      : (digest: Uint8Array) => {
          const signature = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
          return withRecovery(signature.subarray(1), signature[0]!);
        };
  return { address, sign };
};

const withRecovery = (rs: Uint8Array, recovery: number): Uint8Array => {
  const signature = new Uint8Array(65);
  signature.set(rs);
  signature[64] = 27 + recovery;
  return signature;
};
