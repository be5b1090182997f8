import {
  NOTE_ALGORITHM,
  checkpointOrigin,
  formatVerifierKey,
  fromHex,
  logId,
  noteSignerFrom,
  toHex,
  type Hex,
  type Trust,
} from '@gridseal/protocol';
import { privateKeyToAddress } from 'viem/accounts';
import { developmentKeys } from '../../backend/adapters/keys/key-files.ts';
import { readConfig } from '../../backend/config.ts';

const DEVELOPMENT_CHAIN = 31_337n;

/**
 * The log that a service on the embedded chain keeps under `KEYS=development` and no other setting: what the shipped
 * deployment lets `gridseal verify` believe of such a service, and of none with keys of its own.
 */
export const developmentLog = (evidenceLog: Hex): Trust['logs'][number] => {
  const { host, salt } = readConfig({}).log;
  const keys = developmentKeys();
  const identifier = logId({
    chainId: DEVELOPMENT_CHAIN,
    evidenceLog: fromHex(evidenceLog.toLowerCase()),
    creator: fromHex(privateKeyToAddress(keys.owner).toLowerCase()),
    salt: fromHex(salt),
  });
  const origin = checkpointOrigin({ host, logId: identifier, epoch: 0n });
  const { verifierKey } = noteSignerFrom(origin, NOTE_ALGORITHM.ed25519, fromHex(keys.note));
  return {
    logId: toHex(identifier),
    operator: privateKeyToAddress(keys.operator).toLowerCase() as Hex,
    noteKeys: [{ from: '0', to: null, key: formatVerifierKey(verifierKey) }],
  };
};
