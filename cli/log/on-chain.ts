import { createPublicClient, createWalletClient, http, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex, Trust } from '@gridseal/protocol';
import { createGridsealClient, getTrust, SdkError, type GridsealClient, type Sender } from '@gridseal/sdk';
import { readNamedFile } from '../read-file.ts';
import { readTrustFile } from '../shipped-trust.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Flags of the commands that ask or change a log's contract. */
export type ChainFlags = {
  readonly url: string;
  readonly rpc: string;
  readonly key?: string;
  readonly trust?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
};

/** A log as its service shows it and as its contract keeps it. */
export type LogOnItsChain = {
  readonly flags: ChainFlags;
  readonly terminal: Terminal;
  readonly client: GridsealClient;
  readonly node: PublicClient;
  readonly trust: Trust;
  readonly logId: Hex;
};

/**
 * Opens the log that the trust names, and makes sure that the node is of its chain.
 *
 * @throws UsageError; SdkError `unreachable`, `wrong-chain`
 */
export const openLogOnChain = async (flags: ChainFlags): Promise<LogOnItsChain> => {
  const terminal = createTerminal(flags.json === true);
  const client = createGridsealClient({ url: flags.url });
  const trust = flags.trust === undefined ? await getTrust(client) : (await readTrustFile(flags.trust)).trust;
  const [log, ...others] = trust.logs;
  if (log === undefined || others.length > 0)
    throw new UsageError(`the trust names ${trust.logs.length} logs, and this is about one`);
  const node = createPublicClient({ transport: http(flags.rpc, { retryCount: 1, timeout: 10_000 }) });
  const chainId = await node.getChainId().catch((cause: unknown) => {
    throw new SdkError('unreachable', `the node of --rpc does not answer: ${flags.rpc}`, { cause });
  });
  if (String(chainId) !== trust.chainId)
    throw new SdkError(
      'wrong-chain',
      `the node of --rpc is of chain ${chainId}, the log of ${trust.chainId}`,
    );
  return { flags, terminal, client, node, trust, logId: log.logId };
};

/** The account that sends a call and pays for it. @throws UsageError */
export const openSender = async ({ flags, node }: LogOnItsChain): Promise<Sender> => {
  const { keyFile } = flags;
  if (keyFile === undefined) throw new UsageError('--key-file FILE names the key of the account that acts');
  const text = new TextDecoder().decode(await readNamedFile(keyFile, 1_024)).trim();
  if (!/^0x[0-9a-f]{64}$/iu.test(text)) throw new UsageError(`${keyFile}: expected 0x and 64 hex digits`);
  const account = privateKeyToAccount(text as Hex);
  return { node, account, wallet: createWalletClient({ account, transport: http(flags.rpc) }) };
};
