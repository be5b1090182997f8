import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { anchorPromiseBytecode } from '@gridseal/sdk/abi/anchor-promise';
import { create2Factory, create2Salt } from '@gridseal/sdk/abi/deployment';
import { deviceRegistryBytecode } from '@gridseal/sdk/abi/device-registry';
import { evidenceLogBytecode } from '@gridseal/sdk/abi/evidence-log';

/** Creation code by contract name, in the order of deployment. */
const CONTRACTS = {
  EvidenceLog: evidenceLogBytecode,
  DeviceRegistry: deviceRegistryBytecode,
  AnchorPromise: anchorPromiseBytecode,
} as const;
export type ContractName = keyof typeof CONTRACTS;

/**
 * Puts contracts at the addresses that they have on every chain: CREATE2 through the deterministic deployment proxy
 * (docs/adr/0019). Ignition's own CREATE2 strategy goes through another factory and gives other addresses.
 *
 * @param missing contracts that the chain does not have; the proxy reverts for one that is there
 */
export const gridsealModule = (missing: readonly ContractName[]) =>
  buildModule('Gridseal', (m) => {
    for (const name of missing) m.send(name, create2Factory, 0n, `${create2Salt}${CONTRACTS[name].slice(2)}`);
    return {};
  });

export default gridsealModule(['EvidenceLog', 'DeviceRegistry', 'AnchorPromise']);
