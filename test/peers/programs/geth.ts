import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, createWalletClient, http, parseEther, type Address } from 'viem';
import { startDaemon } from './daemon.ts';
import { freePorts } from './ports.ts';

export type Geth = {
  readonly rpcUrl: string;
  /** Gives accounts ether from the developer account that `--dev` makes. */
  readonly fund: (accounts: readonly Address[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** `geth --dev`: a chain of one developer account that mines when there is something to mine. */
export async function startGeth(path: string): Promise<Geth> {
  const folder = await mkdtemp(join(tmpdir(), 'gridseal-geth-'));
  const [port = 0] = await freePorts(1);
  const rpcUrl = `http://127.0.0.1:${port}`;
  const transport = http(rpcUrl);
  const reader = createPublicClient({ transport, pollingInterval: 100 });
  const daemon = await startDaemon(
    path,
    // The well-known CREATE2 factory is deployed by a transaction older than EIP-155.
    [
      '--dev',
      '--datadir',
      folder,
      '--ipcdisable',
      '--rpc.allow-unprotected-txs',
      '--http',
      '--http.addr',
      '127.0.0.1',
    ].concat(['--http.port', String(port), '--http.api', 'eth,net,web3,debug']),
    { isReady: async () => (await reader.getChainId()) > 0 },
  );
  const fund = async (accounts: readonly Address[]): Promise<void> => {
    const developer = createWalletClient({ transport });
    const [account] = await developer.getAddresses();
    if (account === undefined) throw new Error('geth --dev offers no developer account');
    for (const to of accounts) {
      const hash = await developer.sendTransaction({ account, to, value: parseEther('100'), chain: null });
      await reader.waitForTransactionReceipt({ hash });
    }
  };
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { rpcUrl, fund, stop };
}
