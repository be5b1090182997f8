import { decodeBundle, verify, type Trust, type Verdict } from '@gridseal/protocol';
import { getTrust } from '@gridseal/sdk/actions/get-trust';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { answered } from '../service/refusal.ts';
import { readTrustFile, type TrustSource } from '../shipped-trust.ts';

/** What a bundle that was just received comes to, and what it was judged by. */
export type Judged = { readonly verdict: Verdict; readonly trust: Trust; readonly origin: string };

/** The trust file named, else what the service says of itself. */
export const trustFor = async (client: GridsealClient, file: string | undefined): Promise<TrustSource> =>
  file === undefined
    ? {
        trust: await answered({ url: client.url }, getTrust(client)),
        origin: 'the service itself: compare it with a copy from someone else',
      }
    : readTrustFile(file);

/**
 * Verifies a bundle as whoever gets it will: by the trust alone or, with a node, asking it for the anchor's block. A block that
 * the node calls canonical is pinned in the trust, so that the bundle verifies without a network from then on.
 *
 * @throws ProtocolError when the bytes are no bundle; SdkError `unreachable`, `wrong-chain`
 */
export const judge = async (
  bytes: Uint8Array,
  { trust, origin }: TrustSource,
  rpcUrl: string | undefined,
): Promise<Judged> => {
  const bundle = decodeBundle(bytes);
  if (rpcUrl === undefined || bundle.anchor === null)
    return { verdict: verify(bundle, trust), trust, origin };
  const { askAnchorBlock } = await import('@gridseal/sdk/chain/ask-anchor-block');
  const answer = await askAnchorBlock({ rpcUrl, bundle, trust });
  const where = `${origin}; and the node at ${rpcUrl}`;
  const claimed = answer.notBefore === undefined ? {} : { notBefore: answer.notBefore };
  if (answer.status === 'refused')
    return {
      verdict: verify(bundle, trust, { refusedBlock: answer.reason, ...claimed }),
      trust,
      origin: where,
    };
  const headers = [...new Set([...trust.headers, answer.hash])];
  const pinned = { ...trust, headers };
  return { verdict: verify(bundle, pinned, claimed), trust: pinned, origin: where };
};
