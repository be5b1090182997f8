import { parseProfile, profileHash, toHex, type Hex, type Profile } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';
import type { GridsealClient } from '../http/client.ts';

/**
 * The profile that a hash stands for: what a device's channels measure, in which units.
 *
 * @throws ServiceError `not-found` when the service was not given it; SdkError `unexpected-answer` when the document has another hash
 * @example const { channels } = await getProfile(client, { profile })
 */
export const getProfile = async (
  client: GridsealClient,
  { profile }: { readonly profile: Hex },
): Promise<Profile> => {
  const document = await (await client.request({ path: `/v1/profiles/${profile}` })).text();
  const found = toHex(profileHash(document));
  if (found !== profile)
    throw new SdkError('unexpected-answer', `the service answered ${profile} with the profile ${found}`);
  return parseProfile(document);
};
