import { decodeBundle } from '@gridseal/protocol/bundle/bundle';
import type { Trust } from '@gridseal/protocol/bundle/trust';
import type { LayerName, LayerVerdict } from '@gridseal/protocol/bundle/verdict';
import { verify } from '@gridseal/protocol/bundle/verify';
import type { Primitives } from '@gridseal/protocol/primitives';

import type { BundleCheck } from './bundles.ts';

/** What a bundle without an anchor cannot show yet. */
const BEFORE_ANCHOR: readonly LayerName[] = ['authority', 'anchor', 'chain'];

const doesNotHold = ({ status, required, waived }: LayerVerdict): boolean =>
  status === 'fail' || (required && !waived && status !== 'pass');

const describe = ({ layer, status, code, detail }: LayerVerdict): string =>
  `${layer}: ${code ?? status}: ${detail}`;

/**
 * Judges a bundle as a stranger will who trusts what this service publishes, and the block that our
 * own node was asked about.
 *
 * @returns the layers that do not hold, in words; empty when all do
 */
export const createSelfCheck =
  (trust: Trust, primitives: Primitives): BundleCheck =>
  (bytes, { anchorBlock }) => {
    const headers = anchorBlock === undefined ? [] : [anchorBlock];
    const waive = anchorBlock === undefined ? BEFORE_ANCHOR : [];
    const { layers } = verify(decodeBundle(bytes), { ...trust, headers }, { waive }, primitives);
    return layers.filter(doesNotHold).map(describe);
  };
