import {
  decodeEntry,
  digest,
  parseProfile,
  readStatement,
  toHex,
  type AuthorPart,
  type Domain,
  type Hex,
  type ProfileChannel,
  type Statement,
} from '@gridseal/protocol';
import type { LogReader } from '../log/types.ts';

/** A statement with the digest that its bundle is asked for by. */
export type ShownStatement = {
  readonly index: bigint;
  readonly digest: Hex;
  /** Undefined where this version does not know the kind. */
  readonly statement: Statement | undefined;
  readonly author: Hex;
  readonly timeMs: bigint;
  /** What the readings of a batch are of, when the service was given the document. */
  readonly channels: readonly ProfileChannel[];
};

/** A device that may sign, and what it measures. */
export type ShownDevice = {
  readonly identity: Hex;
  readonly status: string;
  readonly channels: readonly ProfileChannel[];
};

/** What is there to be looked at: the newest statements that a bundle proves, newest first, and the devices. */
export type Overview = {
  readonly logSize: bigint;
  /** Entries below this index have everything that a bundle needs. */
  readonly provable: bigint;
  readonly statements: readonly ShownStatement[];
  readonly devices: readonly ShownDevice[];
  readonly moreDevices: boolean;
};

const SHOWN_STATEMENTS = 10n;
const SHOWN_DEVICES = 10;
/** Purpose of a key that signs measurements, in the registry. */
const DEVICE = 1;

const statementOf = (part: AuthorPart): Statement | undefined => {
  try {
    return readStatement(part);
  } catch {
    // A kind of a later version: the log holds it, and its bundle is there all the same.
    return undefined;
  }
};

/**
 * Looks at the log and the registry for the landing page; the work is the same for a log of any size.
 *
 * @param options.provableBelow the archived size of an epoch that is at most `size`
 */
export const createOverview = (options: {
  readonly log: Pick<LogReader, 'head' | 'entries'>;
  readonly domain: Domain;
  readonly provableBelow: (epoch: bigint, size: bigint) => Promise<bigint>;
  readonly devices: (filter: {
    readonly purpose: number;
    readonly limit: number;
  }) => Promise<readonly { readonly identity: Hex; readonly status: string; readonly profile: Hex }[]>;
  readonly profiles: { readonly find: (hash: Hex) => Promise<string | undefined> };
}): (() => Promise<Overview>) => {
  const channelsOf = async (profile: Hex): Promise<readonly ProfileChannel[]> => {
    const document = await options.profiles.find(profile);
    return document === undefined ? [] : parseProfile(document).channels;
  };

  const statements = async (provable: bigint): Promise<readonly ShownStatement[]> => {
    if (provable === 0n) return [];
    const from = provable > SHOWN_STATEMENTS ? provable - SHOWN_STATEMENTS : 0n;
    const entries = await options.log.entries(from, provable);
    return Promise.all(
      entries.toReversed().map(async ({ index, bytes }) => {
        const { authorPart } = decodeEntry(bytes);
        const statement = statementOf(authorPart);
        return {
          index,
          digest: toHex(digest(authorPart, options.domain)),
          statement,
          author: toHex(authorPart.header.author),
          timeMs: authorPart.header.timeMs,
          channels:
            statement?.kind === 'TelemetryBatch' ? await channelsOf(toHex(statement.body.profile)) : [],
        };
      }),
    );
  };

  return async () => {
    const [head, keys] = await Promise.all([
      options.log.head(),
      options.devices({ purpose: DEVICE, limit: SHOWN_DEVICES + 1 }),
    ]);
    const logSize = head?.size ?? 0n;
    const provable = head === undefined ? 0n : await options.provableBelow(head.epoch, head.size + 1n);
    const devices = await Promise.all(
      keys.slice(0, SHOWN_DEVICES).map(async ({ identity, status, profile }) => ({
        identity,
        status,
        channels: await channelsOf(profile),
      })),
    );
    const moreDevices = keys.length > SHOWN_DEVICES;
    return { logSize, provable, statements: await statements(provable), devices, moreDevices };
  };
};
