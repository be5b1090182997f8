import type { LogReader, PublishedHead } from '../log/types.ts';
import type { Cosignatures } from '../witness/types.ts';

/**
 * The checkpoint to anchor next: the newest with its quorum of witnesses where one is demanded, else the published head with
 * the cosignatures that it has. Undefined while there is none.
 *
 * @example const next = await anchorable(log, cosignatures)
 */
export const anchorable = async (
  log: Pick<LogReader, 'head'>,
  cosignatures: Cosignatures,
): Promise<PublishedHead | undefined> => {
  // The cosigned one before the head: it is then surely not beyond it.
  const cosigned = await cosignatures.newest();
  const head = await log.head();
  if (head === undefined) return undefined;
  if (cosigned !== undefined && (cosignatures.quorum > 0 || cosigned.size === head.size)) {
    return { ...head, ...cosigned };
  }
  return cosignatures.quorum > 0 ? undefined : head;
};
