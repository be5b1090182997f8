/**
 * Why the chain cannot be used as it is.
 *
 * - `wrong-chain`: the RPC answers for another chain id than this log's.
 * - `chain-replaced`: same chain id, other genesis: a development chain that was started afresh.
 * - `contract-missing`, `contract-differs`: no code, or not ours, at a contract's address.
 * - `log-missing`: the log was not created on this chain, and creating it was not asked for.
 * - `log-differs`: the log exists, but names another operator or registry than ours.
 * - `guardians-missing`: a log is to be created, and nobody was named who may begin a new epoch of it.
 * - `no-funds`: an account of the service cannot pay for gas.
 * - `chain-inconsistent`: blocks and logs the RPC gave contradict each other; passing on a
 *   reorganisation, so the read is tried again.
 * - `fee-limit`: a stuck transaction cannot be replaced below the highest fee allowed.
 * - `would-revert`: the call fails when simulated; `detail` names the contract's error.
 * - `owner-not-admitted`, `budget-spent`: the call is not relayed: nothing is paid for its owner, or no more today.
 */
export type ChainErrorCode =
  | 'wrong-chain'
  | 'chain-replaced'
  | 'contract-missing'
  | 'contract-differs'
  | 'log-missing'
  | 'log-differs'
  | 'guardians-missing'
  | 'no-funds'
  | 'chain-inconsistent'
  | 'fee-limit'
  | 'would-revert'
  | 'owner-not-admitted'
  | 'budget-spent';

/** A chain that cannot be used as it is, in words an operator can act on. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  readonly code: ChainErrorCode;
  readonly detail: string;

  constructor(code: ChainErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}
