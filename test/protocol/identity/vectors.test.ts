import assert from 'node:assert/strict';
import {
  decodeKeyRecord,
  formatProfile,
  fromHex,
  identityOf,
  keyIdOf,
  keyRecordSlots,
  logId,
  parseProfile,
  profileHash,
  type PublicKey,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';

runVectors('identity.json', {
  'log id': ({ chainId, evidenceLog, creator, salt }) => ({
    logId: logId({
      chainId: BigInt(chainId),
      evidenceLog: fromHex(evidenceLog),
      creator: fromHex(creator),
      salt: fromHex(salt),
    }),
  }),
  'key id': ({ algorithm, address, publicKey }) => {
    const key: PublicKey =
      algorithm === 'secp256k1'
        ? { algorithm, address: fromHex(address) }
        : { algorithm: 'p256', publicKey: fromHex(publicKey) };
    return { keyId: keyIdOf(key), identity: identityOf(key) };
  },
  'key record slots': ({ identity, keyId }) => ({ slots: keyRecordSlots(fromHex(identity), fromHex(keyId)) }),
  'key record': ({ words }) => {
    const [times, profile, lastGood] = (words as string[]).map((word) => fromHex(word));
    return decodeKeyRecord([times!, profile!, lastGood!]);
  },
  profile: ({ document }) => {
    const profile = parseProfile(document);
    assert.equal(formatProfile(profile), document);
    return { profile: profileHash(document), channels: profile.channels };
  },
});
