import type { Hex } from '@gridseal/protocol';
import { readBody, type GridsealClient } from '../http/client.ts';

/** Bytes of the bundle of a statement, in its one encoding. */
export const getBundle = async (
  client: GridsealClient,
  { digest }: { readonly digest: Hex },
): Promise<Uint8Array> => readBody(await client.request({ path: `/v1/bundles/${digest}`, accept: '*/*' }));

/**
 * Bytes of a bundle that opens chosen readings. For the operator: `token` is the service's API token.
 *
 * @example await disclose(client, { digest, indices: [0, 5], token })
 */
export const disclose = async (
  client: GridsealClient,
  options: { readonly digest: Hex; readonly indices: readonly number[]; readonly token: string },
): Promise<Uint8Array> => {
  const { digest, indices, token } = options;
  return readBody(
    await client.request({
      method: 'POST',
      path: '/v1/disclosures',
      body: JSON.stringify({ digest, indices }),
      accept: '*/*',
      token,
    }),
  );
};
