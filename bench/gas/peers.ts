import { readFile } from 'node:fs/promises';
import { encodeFunctionData, keccak256, stringToHex, toBytes, zeroAddress, type Abi, type Hex } from 'viem';

import { sender, type BenchChain } from './chain.ts';

type Artifact = { readonly abi: Abi; readonly bytecode: Hex };

const artifact = async (path: string): Promise<Artifact> =>
  JSON.parse(await readFile(new URL(`../../node_modules/${path}`, import.meta.url), 'utf8')) as Artifact;

/**
 * EAS `timestamp(bytes32)`: notes when a hash was first seen. It proves no consistency and keeps no order, which is the
 * least that an anchor can do.
 */
export const measureEasTimestamp = async (chain: BenchChain): Promise<bigint> => {
  const eas = await artifact(
    '@ethereum-attestation-service/eas-contracts/artifacts/contracts/EAS.sol/EAS.json',
  );
  const registry = await artifact(
    '@ethereum-attestation-service/eas-contracts/artifacts/contracts/SchemaRegistry.sol/SchemaRegistry.json',
  );
  const schemas = await chain.deploy(registry.abi, registry.bytecode);
  const contract = await chain.deploy(eas.abi, eas.bytecode, [schemas]);
  const args = [keccak256(toBytes('a checkpoint'))];
  return chain.send(contract, encodeFunctionData({ abi: eas.abi, functionName: 'timestamp', args }));
};

/**
 * ethr-did-registry `setAttribute`: the first public key of an identity, sent by the identity itself. It checks no
 * signature but the transaction's and keeps the key in an event only.
 */
export const measureEthrDidAttribute = async (chain: BenchChain): Promise<bigint> => {
  const { abi, bytecode } = await artifact(
    'ethr-did-registry/artifacts/contracts/EthereumDIDRegistry.sol/EthereumDIDRegistry.json',
  );
  const contract = await chain.deploy(abi, bytecode);
  const name = stringToHex('did/pub/Secp256k1/veriKey/hex', { size: 32 });
  const publicKey = `0x02${keccak256(zeroAddress).slice(2)}`;
  const args = [sender.address, name, publicKey, 31_536_000n];
  return chain.send(contract, encodeFunctionData({ abi, functionName: 'setAttribute', args }));
};
