import { expect } from 'chai';

import { contractVectors } from '../../setup/contract-vectors.ts';
import { deploy, ethers, loadFixture } from '../../setup/hardhat.ts';

type Signed = { readonly digest: string; readonly signature: string; readonly keyId: string };
type Key = { readonly algorithm: string; readonly address: string; readonly publicKey: string };
type Named = { readonly keyId: string; readonly identity: string };

async function library() {
  return deploy<'isOfKey' | 'keyIdOf' | 'identityOf'>('KeySignatureHarness');
}

/** What a statement carries as one, apart: contracts know the algorithm and the key from the record. */
const partsOf = ({ signature, keyId }: Signed) => {
  const algorithm = signature === '0x' ? 0 : Number(ethers.dataSlice(signature, 0, 1));
  const length = ethers.dataLength(signature);
  if (algorithm === 2) {
    return {
      algorithm,
      publicKey: ethers.dataSlice(signature, 1, Math.min(65, length)),
      signature: ethers.dataSlice(signature, Math.min(65, length)),
    };
  }
  return {
    algorithm,
    publicKey: ethers.dataSlice(keyId, 12),
    signature: length === 0 ? '0x' : ethers.dataSlice(signature, 1),
  };
};

describe('vectors signature.json in Solidity', () => {
  const vectors = contractVectors<Signed, object>('signature.json', 'verify');
  for (const { name, input, wantErr } of vectors) {
    it(`verify: ${name}`, async () => {
      const contract = await loadFixture(library);
      const { algorithm, publicKey, signature } = partsOf(input);
      const length = { 1: 20, 2: 64 }[algorithm];
      // A record of another algorithm, or with a key of another length, cannot come to be.
      const canBeEnrolled = length !== undefined && ethers.dataLength(publicKey) === length;
      const isSigned =
        canBeEnrolled &&
        (await contract.keyIdOf(algorithm, publicKey)) === input.keyId &&
        (await contract.isOfKey(algorithm, publicKey, input.digest, signature)) === true;
      expect(isSigned).to.equal(wantErr === undefined);
    });
  }

  it('meets both algorithms, sound and damaged', () => {
    const met = new Set(
      vectors.map(({ input, wantErr }) => `${partsOf(input).algorithm} ${wantErr === undefined ? 'holds' : 'fails'}`),
    );
    expect([...met]).to.include.members(['1 holds', '1 fails', '2 holds', '2 fails']);
  });
});

describe('vectors identity.json in Solidity: key ids', () => {
  for (const { name, input, expected, wantErr } of contractVectors<Key, Named>('identity.json', 'key id')) {
    it(name, async () => {
      const contract = await loadFixture(library);
      const isP256 = input.algorithm === 'p256';
      const publicKey = isP256 ? input.publicKey : input.address;
      if (wantErr !== undefined) {
        expect(ethers.dataLength(publicKey)).not.to.equal(isP256 ? 64 : 20);
        return;
      }
      const keyId = await contract.keyIdOf(isP256 ? 2 : 1, publicKey);
      expect(keyId).to.equal(expected?.keyId);
      expect((await contract.identityOf(keyId)).toLowerCase()).to.equal(expected?.identity);
    });
  }
});
