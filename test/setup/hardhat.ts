import type { BaseContract, Signer } from 'ethers';
import { network } from 'hardhat';

/** One chain in this process for all contract tests; fixtures put it back to where they began. */
export const { ethers, networkHelpers } = await network.create();
export const { time } = networkHelpers;
export const loadFixture = <T>(fixture: () => Promise<T>): Promise<T> => networkHelpers.loadFixture(fixture);

/* eslint-disable @typescript-eslint/no-explicit-any -- ethers knows arguments and results at run time only */
type ContractCall = ((...args: any[]) => Promise<any>) & {
  readonly staticCall: (...args: any[]) => Promise<any>;
};
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A contract with its functions, which ethers makes at run time where TypeScript cannot see them. */
export type TestContract<Name extends string> = BaseContract & { readonly [Each in Name]: ContractCall };

/** Deploys a contract, ours or a test's, by its name. */
export const deploy = async <Name extends string>(name: string): Promise<TestContract<Name>> =>
  (await ethers.deployContract(name)) as unknown as TestContract<Name>;

/** A contract at an address that vectors name: what it hashes depends on where it stands. */
export const deployAt = async <Name extends string>(
  name: string,
  address: string,
): Promise<TestContract<Name>> => {
  const deployed = await ethers.deployContract(name);
  await networkHelpers.setCode(address, await ethers.provider.getCode(await deployed.getAddress()));
  return deployed.attach(address) as unknown as TestContract<Name>;
};

/** The contract as an account calls it. */
export const as = <Name extends string>(signer: Signer, contract: TestContract<Name>): TestContract<Name> =>
  contract.connect(signer) as TestContract<Name>;
