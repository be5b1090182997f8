import { readFile } from 'node:fs/promises';
import { formatProfile, parseProfile, toHex, type Profile } from '@gridseal/protocol';
import { getProfile, listKeys, type GridsealClient } from '@gridseal/sdk';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import type { HeldKey } from './key-file.ts';

/** Where the profile of a key's enrolment is kept, beside the key. */
export const profileFileOf = (keyFile: string): string => `${keyFile}.profile.json`;

/** The profile that is kept beside a key, or `undefined`. @throws ProtocolError when the file is no profile */
export const readEnrolledProfile = async (keyFile: string): Promise<Profile | undefined> => {
  try {
    return parseProfile((await readFile(profileFileOf(keyFile), 'utf8')).trimEnd());
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
};

/** Keeps the profile of an enrolment beside its key: what it cannot hold is refused before it is signed. */
export const keepEnrolledProfile = (keyFile: string, profile: Profile): Promise<void> =>
  writeDurableFile(profileFileOf(keyFile), `${formatProfile(profile)}\n`);

/**
 * The profile that a key is enrolled with: the one beside it; else the service is asked once which one the chain names, and it is kept.
 *
 * @returns `undefined` for a key that is not enrolled
 * @throws SdkError; ServiceError
 */
export const ensureEnrolledProfile = async (
  keyFile: string,
  { key, identity }: HeldKey,
  client: GridsealClient,
): Promise<Profile | undefined> => {
  const kept = await readEnrolledProfile(keyFile);
  if (kept !== undefined) return kept;
  const keyId = toHex(key.keyId);
  const enrolled = (await listKeys(client, { identity: toHex(identity) })).find((one) => one.keyId === keyId);
  if (enrolled === undefined) return undefined;
  const profile = await getProfile(client, { profile: enrolled.profile });
  await keepEnrolledProfile(keyFile, profile);
  return profile;
};
