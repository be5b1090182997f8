import type { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { zeroHash, type ContractFunctionName } from 'viem';

import { as, deploy, ethers, time } from './hardhat.ts';
import { createTree, type TestTree } from './tree.ts';

export const MANIFEST = `0x${'3a'.repeat(32)}`;
export const NOTE_KEY = `0x${'4b'.repeat(32)}`;
export const EPOCH_DELAY = 86_400n;
const NOON = 43_200n;
const DAY = 86_400n;

/** An anchor as the contract keeps it. */
export type State = {
  readonly epoch: bigint;
  readonly size: bigint;
  readonly root: string;
  readonly time: bigint;
  readonly blockNumber: bigint;
};

/** A log with two submitters and three guardians of whom two must agree. It is noon of a new day. */
export async function deployLog() {
  const [owner, submitter, other, operator, registry, first, second, third, stranger] =
    await ethers.getSigners();
  const contract = await deploy<ContractFunctionName<typeof evidenceLogAbi>>('EvidenceLog');
  const parameters = {
    registry: registry!.address,
    operator: operator!.address,
    noteKey: NOTE_KEY,
    submitters: [submitter!.address, other!.address],
    guardians: [first!.address, second!.address, third!.address],
    quorum: 2,
    epochDelay: EPOCH_DELAY,
  };
  const salt = `0x${'5c'.repeat(32)}`;
  const logId = await contract.createLog.staticCall(salt, parameters);
  await contract.createLog(salt, parameters);
  await toNoonOfNextDay();
  const tree = createTree('honest');
  const log = as(submitter!, contract);

  /** Anchors a size of a tree. @returns the state it is kept as */
  const anchor = async (size: bigint, of: TestTree = tree): Promise<State> => {
    const { size: from } = await contract.head(logId);
    const proof = from === 0n ? [] : of.consistency(from, size);
    const previousRoot = from === 0n ? zeroHash : of.root(from);
    await log.anchor(logId, size, of.root(size), previousRoot, proof, MANIFEST);
    return stateOf(size, of.root(size));
  };
  const stateOf = async (size: bigint, root: string): Promise<State> => {
    const { epoch, time: at, blockNumber } = await contract.head(logId);
    return { epoch, size, root, time: at, blockNumber };
  };
  const signers = { owner: owner!, submitter: submitter!, operator: operator!, stranger: stranger! };
  const guardians = [first!, second!, third!] as const;
  return {
    contract,
    log,
    logId: logId as string,
    salt,
    parameters,
    tree,
    anchor,
    stateOf,
    guardians,
    ...signers,
  };
}

/** Noon, so that a test that mines a few blocks stays within one day. */
export async function toNoonOfNextDay(): Promise<void> {
  const now = BigInt(await time.latest());
  await time.increaseTo((now / DAY + 1n) * DAY + NOON);
}
