import type { anchorPromiseAbi } from '@gridseal/sdk/abi/anchor-promise';
import { keccak256, toBytes, type ContractFunctionName } from 'viem';

import { deployLog, type State } from './evidence-log.ts';
import { as, deploy, ethers, time } from './hardhat.ts';
import type { TestTree } from './tree.ts';

export const WINDOW = 259_200n;
const PROMISED = 3_600n;

const RECEIPT_TYPE = {
  Receipt: [
    { name: 'logId', type: 'bytes32' },
    { name: 'digest', type: 'bytes32' },
    { name: 'entryHash', type: 'bytes32' },
    { name: 'receiptTimeMs', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
};

/** A receipt as the contract takes it. */
export type ContractReceipt = {
  readonly logId: string;
  readonly digest: string;
  readonly entryHash: string;
  readonly receiptTimeMs: bigint;
  readonly deadline: bigint;
};

/** A log whose operator gives receipts for the leaves of a tree, and the contract that judges them. */
export async function deployPromise() {
  const log = await deployLog();
  const promise = as(
    log.stranger,
    await deploy<ContractFunctionName<typeof anchorPromiseAbi>>('AnchorPromise'),
  );
  const evidenceLog = await log.contract.getAddress();
  const { chainId } = await ethers.provider.getNetwork();
  const domainOf = (logId: string) => ({
    name: 'Gridseal',
    version: '1',
    chainId,
    verifyingContract: evidenceLog,
    salt: logId,
  });

  /** A receipt of now for a leaf, promising an anchor within the hour. */
  const receiptFor = async (
    index: bigint,
    changes: Partial<ContractReceipt> = {},
  ): Promise<ContractReceipt> => {
    const now = BigInt(await time.latest());
    return {
      logId: log.logId,
      digest: keccak256(toBytes(`statement ${index}`)),
      entryHash: log.tree.leaf(index),
      receiptTimeMs: now * 1_000n,
      deadline: now + PROMISED,
      ...changes,
    };
  };
  const sign = async (receipt: ContractReceipt, signer = log.operator): Promise<string> =>
    ethers.concat(['0x01', await signer.signTypedData(domainOf(receipt.logId), RECEIPT_TYPE, receipt)]);
  const digestOf = (receipt: ContractReceipt): string =>
    ethers.TypedDataEncoder.hash(domainOf(receipt.logId), RECEIPT_TYPE, receipt);
  const afterDeadline = (receipt: ContractReceipt) => time.increaseTo(receipt.deadline + 1n);

  /** Challenges a receipt once its time has passed. @returns its digest */
  const challenge = async (receipt: ContractReceipt): Promise<string> => {
    if (BigInt(await time.latest()) <= receipt.deadline) await afterDeadline(receipt);
    await promise.challenge(evidenceLog, receipt, await sign(receipt));
    return digestOf(receipt);
  };

  /** Proof by an anchor itself, at the ring slot where it is. */
  const coverageOf = async (index: bigint, state: State, of: TestTree = log.tree) => {
    const { position } = await log.contract.locate(log.logId, state);
    return {
      state,
      position: position as bigint,
      size: state.size,
      root: state.root,
      consistency: [] as string[],
      index,
      path: of.inclusion(index, state.size) as string[],
    };
  };

  /** Anchors more sizes than the ring has slots. @returns the size that the log has then */
  const overwriteRing = async (from: bigint): Promise<bigint> => {
    for (let size = from + 1n; size <= from + 64n; size += 1n) await log.anchor(size);
    return from + 64n;
  };
  return {
    ...log,
    promise,
    evidenceLog,
    receiptFor,
    sign,
    digestOf,
    afterDeadline,
    challenge,
    coverageOf,
    overwriteRing,
  };
}

/** A promise for leaf 4 of ten that was kept, challenged, and not answered yet. */
export async function challengedPromise() {
  const fixture = await deployPromise();
  const receipt = await fixture.receiptFor(4n);
  const state = await fixture.anchor(10n);
  const digest = await fixture.challenge(receipt);
  const { answerBy } = await fixture.promise.challengeOf(digest);
  return { ...fixture, receipt, state, digest, answerBy: answerBy as bigint };
}
