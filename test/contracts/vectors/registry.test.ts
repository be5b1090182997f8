import { expect } from 'chai';
import type { ContractFunctionName } from 'viem';
import type { deviceRegistryAbi } from '@gridseal/sdk/abi/device-registry';

import { contractVectors } from '../../setup/contract-vectors.ts';
import { deployAt, loadFixture } from '../../setup/hardhat.ts';
import { refusalOf } from '../../setup/refusal.ts';

type Signed = {
  readonly domain: { readonly chainId: string; readonly deviceRegistry: string };
  readonly message: object;
  readonly proofOfPossession: string;
  readonly ownerSignature: string;
};
type Digest = { readonly digest: string };

const enrolments = contractVectors<Signed, Digest>('registry-calls.json', 'enrol');
const { deviceRegistry } = enrolments[0]!.input.domain;

async function registry() {
  return deployAt<ContractFunctionName<typeof deviceRegistryAbi>>('DeviceRegistry', deviceRegistry);
}

describe('vectors registry.json and registry-calls.json in Solidity', () => {
  for (const { name, input, expected, wantErr } of enrolments) {
    it(`enrol: ${name}`, async () => {
      const contract = await loadFixture(registry);
      const { message, proofOfPossession, ownerSignature } = input;
      if (expected !== undefined) expect(await contract.enrolmentDigest(message)).to.equal(expected.digest);
      const refusal = await refusalOf(contract, () =>
        contract.enrol.staticCall(message, proofOfPossession, ownerSignature),
      );
      expect(refusal).to.equal(wantErr?.code);
    });
  }

  for (const { name, input, expected } of contractVectors<Signed, Digest>('registry.json', 'sign enrolment')) {
    it(`sign enrolment: ${name}`, async () => {
      const contract = await loadFixture(registry);
      expect(await contract.enrolmentDigest(input.message)).to.equal(expected?.digest);
    });
  }

  for (const { name, input, expected } of contractVectors<Signed, Digest>('registry.json', 'sign revocation')) {
    it(`sign revocation: ${name}`, async () => {
      const contract = await loadFixture(registry);
      expect(await contract.revocationDigest(input.message)).to.equal(expected?.digest);
    });
  }

  for (const { name, input, expected } of contractVectors<Signed, Digest>('registry-calls.json', 'owner change')) {
    it(`owner change: ${name}`, async () => {
      const contract = await loadFixture(registry);
      expect(await contract.ownerChangeDigest(input.message)).to.equal(expected?.digest);
    });
  }
});
