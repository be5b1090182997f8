import { concat, fromBigInt, requireLength, toHex } from '../bytes.ts';
import { portable, type Primitives } from '../primitives.ts';

const ADDRESS_PADDING = new Uint8Array(12);

/**
 * `keccak256(abi.encode(uint256 chainId, address evidenceLog, address creator, bytes32 salt))`: no other chain, contract
 * or creator can have a log with this identifier.
 *
 * @param evidenceLog contract, 20 bytes
 * @param creator account that creates the log, 20 bytes
 * @param salt 32 bytes of the creator's choice
 * @throws ProtocolError `OutOfRange`, `LengthMismatch`
 * @example logId({ chainId: 31337n, evidenceLog, creator, salt })
 */
export function logId(
  {
    chainId,
    evidenceLog,
    creator,
    salt,
  }: { chainId: bigint; evidenceLog: Uint8Array; creator: Uint8Array; salt: Uint8Array },
  primitives: Primitives = portable,
): Uint8Array {
  requireLength(evidenceLog, 20, 'evidenceLog');
  requireLength(creator, 20, 'creator');
  requireLength(salt, 32, 'salt');
  return primitives.keccak256(
    concat(fromBigInt(chainId, 32, 'chainId'), ADDRESS_PADDING, evidenceLog, ADDRESS_PADDING, creator, salt),
  );
}

/**
 * Origin line of a log's checkpoints: `<host>/<logId without prefix>/<epoch>`.
 *
 * @throws ProtocolError `LengthMismatch`
 * @example checkpointOrigin({ host: 'log.example', logId, epoch: 0n })
 */
export function checkpointOrigin({
  host,
  logId,
  epoch,
}: {
  host: string;
  logId: Uint8Array;
  epoch: bigint;
}): string {
  requireLength(logId, 32, 'logId');
  return `${host}/${toHex(logId).slice(2)}/${epoch}`;
}
