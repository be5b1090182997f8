import { create2Factory } from '@gridseal/sdk/abi/deployment';
import type { Hex, LocalAccount, PublicClient } from 'viem';

import { ChainError } from './errors.ts';
import { sendAndWait } from './send.ts';

/**
 * Deployment of the CREATE2 factory itself, where a chain lacks it: signed by nobody (r = s), valid
 * on every chain, paid by its sender.
 */
const FACTORY_DEPLOYMENT = {
  sender: '0x3fab184622dc19b6109349b94811493bf2a45362',
  cost: 10n ** 16n,
  transaction:
    '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222',
} as const;

/** Whether a contract stands at the address. */
export const hasCode = async (client: PublicClient, address: Hex): Promise<boolean> =>
  (await client.getCode({ address })) !== undefined;

/**
 * Puts the deterministic deployment proxy on a chain that lacks it.
 *
 * @throws ChainError `no-funds`, `contract-missing` where the chain does not take its presigned transaction
 */
export const ensureFactory = async (client: PublicClient, payer: LocalAccount): Promise<void> => {
  if (await hasCode(client, create2Factory)) return;
  const { sender, cost, transaction } = FACTORY_DEPLOYMENT;
  const missing = cost - (await client.getBalance({ address: sender }));
  if (missing > 0n)
    await sendAndWait(client, payer, { to: sender, data: '0x', value: missing }, 'deployment factory');
  try {
    const hash = await client.sendRawTransaction({ serializedTransaction: transaction });
    await client.waitForTransactionReceipt({ hash });
  } catch (error) {
    const detail = `the chain has no CREATE2 factory at ${create2Factory} and does not take its deployment`;
    throw new ChainError('contract-missing', detail, error);
  }
};
