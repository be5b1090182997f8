import type { Trust } from '@gridseal/protocol';

import type { Deployment } from '../chain/bind.ts';
import type { ChainBinding } from '../chain/types.ts';

/** Sizes that were anchored in an epoch, by us; `last` is null where none was. */
type EpochSpan = { readonly epoch: bigint; readonly first: bigint; readonly last: bigint | null };

/**
 * The keys of a log over its epochs: each signs the sizes of its own, and the present one from where it began.
 *
 * @param keyOf C2SP text of an epoch's verifier key
 */
export const noteKeysOf = (
  spans: readonly EpochSpan[],
  present: bigint,
  keyOf: (epoch: bigint) => string,
): Trust['logs'][number]['noteKeys'] => {
  const earlier = spans.filter(({ epoch, last }) => epoch < present && last !== null);
  const begun = present === 0n ? 0n : (spans.find(({ epoch }) => epoch === present)?.first ?? 0n);
  return [
    ...earlier.map(({ epoch, first, last }) => ({
      from: String(epoch === 0n ? 0n : first),
      to: String((last ?? first) + 1n),
      key: keyOf(epoch),
    })),
    { from: String(begun), to: null, key: keyOf(present) },
  ];
};

/**
 * What a verifier must trust to judge this service's bundles. It says nothing about whether to: a
 * verifier compares it with what the alliance published elsewhere, on paper or in its agreement.
 */
export const describeTrust = (
  binding: ChainBinding,
  deployment: Pick<Deployment, 'evidenceLog' | 'deviceRegistry'>,
  noteKeys: Trust['logs'][number]['noteKeys'],
  witnesses: Trust['witnesses'],
): Trust => ({
  format: 'gridseal-trust/1',
  chainId: String(binding.chainId),
  genesisHash: binding.genesisHash,
  evidenceLog: { address: deployment.evidenceLog.address, codeHash: deployment.evidenceLog.codeHash },
  deviceRegistry: {
    address: deployment.deviceRegistry.address,
    codeHash: deployment.deviceRegistry.codeHash,
  },
  logs: [
    {
      logId: binding.logId,
      operator: binding.operator,
      noteKeys,
    },
  ],
  witnesses,
  finality: { depth: String(binding.finalityDepth) },
  headers: [],
});
