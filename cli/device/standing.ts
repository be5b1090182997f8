import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '@gridseal/protocol';
import { readEnrolledProfile } from '../../edge/gateway/enrolled-profile.ts';
import { operatorIn, pinnedTrustFile, readPinnedTrust } from '../../edge/gateway/pinned-trust.ts';
import { replacementOf } from '../../edge/gateway/replaced-key.ts';
import { readTally, type TallyFigures } from '../../edge/gateway/tally.ts';
import { readChainHead } from '../../edge/spool/chain-head.ts';
import { nodeDisk, readIfThere } from '../../edge/spool/disk.ts';
import { holderOf } from '../../edge/spool/holder.ts';
import { heldKey } from './held-key.ts';

/** A batch that the service refused for good, and why. */
export type RefusedBatch = { readonly sequence: string; readonly reason: string };

/** How a key's gateway stands, from what is on its disk. */
export type DeviceStanding = {
  readonly identity: string;
  readonly keyId: string;
  /** Batches signed so far: the number that the next one takes. */
  readonly signed: string;
  /** Receipts kept. */
  readonly acknowledged: number;
  /** Batches signed, without a receipt and not refused for good. */
  readonly waiting: number;
  readonly refused: readonly RefusedBatch[];
  /** Readings in no batch yet, of `device run`. */
  readonly unsigned: number;
  readonly counts: TallyFigures;
  readonly profile: string | null;
  readonly trust: { readonly chainId: string; readonly logId: string; readonly operator: string } | null;
  /** The process that uses the key; its id is null where it is not known. */
  readonly inUseBy: { readonly pid: number | null } | null;
  readonly replacedBy: string | null;
};

const textOf = async (file: string): Promise<string> =>
  new TextDecoder().decode((await readIfThere(nodeDisk, file)) ?? new Uint8Array(0));

const countLines = async (file: string, holds: (line: string) => boolean): Promise<number> =>
  (await textOf(file)).split('\n').filter(holds).length;

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  });

const refusedIn = async (folder: string): Promise<readonly RefusedBatch[]> => {
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.batch')).sort();
  return Promise.all(
    names.map(async (name) => ({
      sequence: String(BigInt(name.slice(0, -'.batch'.length))),
      reason: (await textOf(join(folder, `${name}.reason`))).trim(),
    })),
  );
};

/** Sequences that have a receipt or were refused for good. */
const doneIn = async (folder: string): Promise<bigint> => {
  const text = await textOf(join(folder, 'done.json'));
  if (text === '') return 0n;
  const { below, also } = JSON.parse(text) as { readonly below: string; readonly also: readonly string[] };
  return BigInt(below) + BigInt(also.length);
};

/**
 * Reads how a key's gateway stands. Changes nothing, and works beside a gateway that runs.
 *
 * @throws UsageError when the key cannot be read
 */
export const standingOf = async (keyFile: string, spoolFolder?: string): Promise<DeviceStanding> => {
  const { key, identity } = await heldKey(keyFile);
  const folder = spoolFolder ?? `${keyFile}.spool`;
  const head = await readChainHead(folder, 0);
  const trust = await readPinnedTrust(pinnedTrustFile(keyFile));
  const trusted = trust === undefined ? undefined : operatorIn(trust);
  const holder = await holderOf(keyFile);
  const profile = await readEnrolledProfile(keyFile);
  const waiting = head.sequence - (await doneIn(join(folder, 'spool')));
  return {
    identity: toHex(identity),
    keyId: toHex(key.keyId),
    signed: String(head.sequence),
    acknowledged: await countLines(`${keyFile}.receipts.jsonl`, (line) => line !== ''),
    waiting: Math.max(0, Number(waiting)),
    refused: await refusedIn(join(folder, 'spool', 'refused')),
    unsigned: await countLines(join(folder, 'journal.jsonl'), (line) => line.startsWith('{"timeMs"')),
    counts: await readTally(folder),
    profile:
      profile === undefined
        ? null
        : profile.channels.map(({ quantity, unit }) => `${quantity} [${unit}]`).join(', '),
    trust:
      trusted === undefined
        ? null
        : {
            chainId: trust?.chainId ?? '',
            logId: toHex(trusted.domain.logId),
            operator: toHex(trusted.operator),
          },
    inUseBy: holder === undefined ? null : { pid: holder.pid ?? null },
    replacedBy: (await replacementOf(keyFile)) ?? null,
  };
};
