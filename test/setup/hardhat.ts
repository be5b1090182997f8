import { network } from 'hardhat';

/** One chain in this process for all contract tests; fixtures put it back to where they began. */
const connection = await network.create();

export const { ethers, networkHelpers } = connection;
export const { loadFixture, time } = networkHelpers;
