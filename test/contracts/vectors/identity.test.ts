import { expect } from 'chai';
import type { ContractFunctionName } from 'viem';
import type { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';
import type { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';

import { contractVectors } from '../../setup/contract-vectors.ts';
import { as, deployAt, ethers, loadFixture, networkHelpers } from '../../setup/hardhat.ts';

type Log = {
  readonly chainId: string;
  readonly evidenceLog: string;
  readonly creator: string;
  readonly salt: string;
};
type Place = { readonly identity: string; readonly keyId: string };
type KeyRecord = {
  readonly validFrom: string;
  readonly revokedAt: string;
  readonly purpose: string;
  readonly algorithm: string;
  readonly profile: string;
  readonly lastGood: string;
};

const PURPOSES = ['', 'device', 'operator', 'witness', 'member'];
const ALGORITHMS = ['', 'secp256k1', 'p256'];
const REGISTRY = '0x5fbdb2315678afecb367f032d93f642f64180aa3';

async function registry() {
  return deployAt<ContractFunctionName<typeof deviceRegistryAbi>>('DeviceRegistry', REGISTRY);
}

describe('vectors identity.json in Solidity: log ids', () => {
  for (const { name, input, expected } of contractVectors<Log, { readonly logId: string }>(
    'identity.json',
    'log id',
  ).filter(({ wantErr }) => wantErr === undefined)) {
    it(name, async () => {
      const { chainId } = await ethers.provider.getNetwork();
      expect(String(chainId)).to.equal(input.chainId);
      const contract = await deployAt<ContractFunctionName<typeof evidenceLogAbi>>(
        'EvidenceLog',
        input.evidenceLog,
      );
      await networkHelpers.impersonateAccount(input.creator);
      const creator = as(await ethers.getSigner(input.creator), contract);
      const parameters = {
        registry: REGISTRY,
        operator: input.creator,
        quorum: 0,
        epochDelay: 0,
        noteKey: ethers.ZeroHash,
        submitters: [],
        guardians: [],
      };
      expect(await creator.createLog.staticCall(input.salt, parameters)).to.equal(expected?.logId);
    });
  }
});

describe('vectors identity.json in Solidity: key records', () => {
  const places = contractVectors<Place, { readonly slots: readonly string[] }>(
    'identity.json',
    'key record slots',
  );
  const [first] = places;
  const records = contractVectors<{ readonly words: readonly string[] }, KeyRecord | null>(
    'identity.json',
    'key record',
  ).filter(({ wantErr }) => wantErr === undefined);

  for (const { name, input, expected } of places) {
    it(name, async () => {
      const contract = await loadFixture(registry);
      for (const [i, slot] of expected!.slots.entries()) {
        await networkHelpers.setStorageAt(REGISTRY, slot, ethers.toBeHex(i + 1, 32));
      }
      const { identity, keyId } = input;
      const { validFrom, profile, lastGood } = await contract.keyRecord(identity, keyId);
      expect([validFrom, BigInt(profile), BigInt(lastGood)]).to.deep.equal([1n, 2n, 3n]);
    });
  }

  for (const { name, input, expected } of records) {
    it(name, async () => {
      const contract = await loadFixture(registry);
      for (const [i, slot] of first!.expected!.slots.entries()) {
        await networkHelpers.setStorageAt(REGISTRY, slot, input.words[i]!);
      }
      const { identity, keyId } = first!.input;
      const record = await contract.keyRecord(identity, keyId);
      expect({
        validFrom: String(record.validFrom),
        revokedAt: String(record.revokedAt),
        purpose: PURPOSES[Number(record.purpose)],
        algorithm: ALGORITHMS[Number(record.algorithm)],
        profile: record.profile,
        lastGood: record.lastGood,
      }).to.deep.equal(
        expected ?? {
          validFrom: '0',
          revokedAt: '0',
          purpose: '',
          algorithm: '',
          profile: ethers.ZeroHash,
          lastGood: ethers.ZeroHash,
        },
      );
      expect(await contract.speaksFor(identity, keyId)).to.equal(
        expected !== null && expected?.revokedAt === '0',
      );
    });
  }
});
