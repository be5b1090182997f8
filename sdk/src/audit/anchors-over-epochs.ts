import type { ChainAnchor } from '../chain/list-anchors.ts';

/** Anchors of an epoch that a later one did not keep: it began at `from`, and they are of larger sizes. */
export type AbandonedAnchors<Anchor> = {
  readonly epoch: bigint;
  /** Entries of the epoch from this index on were given up. */
  readonly from: bigint;
  readonly anchors: readonly Anchor[];
};

/**
 * Parts the anchors of a log into those that bind it and those that its later epochs abandoned. What was abandoned says nothing
 * of the log any more: it is what somebody anchored with a stolen key, or what was anchored again since.
 *
 * @param anchors of all epochs, in any order
 * @example const { kept, abandoned } = anchorsOverEpochs(await listAnchors({ rpcUrl, trust, logId }))
 */
export const anchorsOverEpochs = <Anchor extends Pick<ChainAnchor, 'epoch' | 'size'>>(
  anchors: readonly Anchor[],
): { readonly kept: readonly Anchor[]; readonly abandoned: readonly AbandonedAnchors<Anchor>[] } => {
  const begun = new Map<bigint, bigint>();
  for (const { epoch, size } of anchors) {
    const first = begun.get(epoch);
    if (first === undefined || size < first) begun.set(epoch, size);
  }
  /** The lowest size at which a later epoch began. */
  const endOf = (epoch: bigint): bigint | undefined => {
    const later = [...begun].filter(([other]) => other > epoch).map(([, size]) => size);
    return later.length === 0 ? undefined : later.reduce((lowest, size) => (size < lowest ? size : lowest));
  };
  const isKept = ({ epoch, size }: Anchor): boolean => size <= (endOf(epoch) ?? size);
  const given = [...begun.keys()]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((epoch) => {
      const lost = anchors.filter((anchor) => anchor.epoch === epoch && !isKept(anchor));
      return lost.length === 0 ? [] : [{ epoch, from: endOf(epoch) ?? 0n, anchors: lost }];
    });
  return { kept: anchors.filter(isKept), abandoned: given };
};
