import { readFile } from 'node:fs/promises';
import { MAX_BUNDLE_LENGTH, parseTrust, type Trust } from '@gridseal/protocol';
import { ownFormat } from './foreign-file.ts';
import { readNamedText } from './read-file.ts';
import { UsageError } from './usage-error.ts';

const DEPLOYMENTS = new URL('../deployments/', import.meta.url);

/** What the verifier believes, and where that came from. */
export type TrustSource = { readonly trust: Trust; readonly origin: string };

const checked = (file: string, text: string): Trust => {
  try {
    return parseTrust(text);
  } catch (cause) {
    const other = ownFormat(text);
    const hint =
      other === undefined || other.startsWith('a trust file') ? '' : ` (it says that it is ${other})`;
    throw new UsageError(
      `${file} is not a trust file: ${cause instanceof Error ? cause.message : String(cause)}${hint}`,
    );
  }
};

/** The deployment that this version ships for a chain, as trust. */
const shipped = async (chainId: string): Promise<TrustSource> => {
  const file = new URL(`${chainId}.json`, DEPLOYMENTS);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new UsageError(`no deployment is shipped for chain ${chainId}; name a trust file with --trust`);
  }
  const { genesisHash, evidenceLog, deviceRegistry, logs, finalityDepth } = JSON.parse(text) as Trust & {
    readonly finalityDepth: string;
  };
  const trust = {
    format: 'gridseal-trust/1',
    chainId,
    genesisHash,
    evidenceLog,
    deviceRegistry,
    logs,
    witnesses: { from: '0', quorum: '0', keys: [] },
    finality: { depth: finalityDepth },
    headers: [],
  };
  return {
    trust: checked(file.pathname, JSON.stringify(trust)),
    origin: `shipped deployment of chain ${chainId}`,
  };
};

/**
 * Trust from the file named, else from the deployments that are shipped. Never from what is verified: that only says
 * which chain it claims to be of.
 *
 * @param chainId decimal
 * @throws UsageError
 */
export const findTrust = (file: string | undefined, chainId: string): Promise<TrustSource> =>
  file === undefined ? shipped(chainId) : readTrustFile(file);

/** @throws UsageError when it is no trust file */
export const readTrustFile = async (file: string): Promise<TrustSource> => {
  const text = await readNamedText(file, 'a trust file', MAX_BUNDLE_LENGTH);
  return { trust: checked(file, text), origin: file };
};
