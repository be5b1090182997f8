import type { Hex, Profile, Reading } from '@gridseal/protocol';
import { getProfile } from '@gridseal/sdk/actions/get-profile';
import { getReadings } from '@gridseal/sdk/actions/get-readings';
import { SdkError } from '@gridseal/sdk/errors';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { answered } from '../service/refusal.ts';
import type { OperatorToken } from '../service/token.ts';

/** The readings of a batch, and what they mean when the service knows it. */
export type OpenBatch = {
  readonly readings: readonly Reading[];
  readonly profileHash: Hex;
  readonly profile: Profile | undefined;
};

const profileOf = async (client: GridsealClient, profile: Hex): Promise<Profile | undefined> => {
  try {
    return await getProfile(client, { profile });
  } catch (error) {
    if (error instanceof SdkError && error.code === 'not-found') return undefined;
    throw error;
  }
};

/** Reads a batch with the operator's token. @throws SdkError in a sentence of its own */
export const openBatch = async (
  client: GridsealClient,
  digest: Hex,
  { token, origin }: OperatorToken,
): Promise<OpenBatch> => {
  const asked = { url: client.url, digest, tokenOrigin: origin };
  const { profile, readings } = await answered(asked, getReadings(client, { digest, token }));
  return { readings, profileHash: profile, profile: await profileOf(client, profile) };
};
