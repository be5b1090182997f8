import { ethers, type TestContract } from './hardhat.ts';

/**
 * Why a contract's check refuses: the name of its error, `ABI` for what no call can carry, or undefined where it accepts.
 *
 * @param check calls the function
 */
export const refusalOf = async <Name extends string>(
  contract: TestContract<Name>,
  check: () => Promise<unknown>,
): Promise<string | undefined> => {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (ethers.isError(error, 'INVALID_ARGUMENT')) return 'ABI';
    const data = error instanceof Error && 'data' in error ? error.data : undefined;
    const parsed = typeof data === 'string' ? contract.interface.parseError(data) : null;
    if (parsed === null) throw error;
    return parsed.name;
  }
};
