import type { Hex, Trust } from '@gridseal/protocol';
import { deviceRegistryAbi } from '../abi/device-registry.ts';
import { openTrustedNode } from './trusted-node.ts';

/**
 * The owner that the registry names for an identity now, by a node that the verifier trusts; undefined where the contract
 * does not answer.
 *
 * @throws SdkError `unreachable`; `wrong-chain`
 * @example const owner = await askOwner({ rpcUrl, trust, identity })
 */
export const askOwner = async (options: {
  readonly rpcUrl: string;
  readonly trust: Trust;
  readonly identity: Hex;
}): Promise<Hex | undefined> => {
  const { rpcUrl, trust, identity } = options;
  const { client, ask } = await openTrustedNode({ rpcUrl, trust });
  const { address } = trust.deviceRegistry;
  const code = await ask(client.getCode({ address }));
  if (code === undefined) return undefined;
  const question = client.readContract({
    address,
    abi: deviceRegistryAbi,
    functionName: 'identityOwner',
    args: [identity],
  });
  return (await ask(question)).toLowerCase() as Hex;
};
