import { readFile } from 'node:fs/promises';
import { domainOf, encodeTrust, fromHex, fromUtf8, parseTrust, type Trust } from '@gridseal/protocol';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import type { TrustedOperator } from './answers.ts';

/** Where the trust of a key is pinned, beside it. */
export const pinnedTrustFile = (keyFile: string): string => `${keyFile}.trust.json`;

/** The trust in a file, or `undefined` where there is none. @throws ProtocolError when it is no trust file */
export const readPinnedTrust = async (file: string): Promise<Trust | undefined> => {
  const bytes = await readFile(file).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  });
  return bytes === undefined ? undefined : parseTrust(fromUtf8(bytes, 'trust').replace(/^\ufeff/u, ''));
};

/** Keeps a trust, so that a service is not asked again whom to believe. */
export const pinTrust = (file: string, trust: Trust): Promise<void> =>
  writeDurableFile(file, encodeTrust(trust));

/** The trust that is pinned; where none is, the one that `ask` finds, pinned from now on. */
export const ensurePinnedTrust = async (file: string, ask: () => Promise<Trust>): Promise<Trust> => {
  const pinned = await readPinnedTrust(file);
  if (pinned !== undefined) return pinned;
  const trust = await ask();
  await pinTrust(file, trust);
  return trust;
};

/** The log that a station signs for, and its operator. `undefined` when the trust names no log. */
export const operatorIn = (trust: Trust): TrustedOperator | undefined => {
  const [log] = trust.logs;
  if (log === undefined) return undefined;
  const domain = domainOf({
    chainId: BigInt(trust.chainId),
    evidenceLog: fromHex(trust.evidenceLog.address),
    logId: fromHex(log.logId),
  });
  return { domain, operator: fromHex(log.operator) };
};
