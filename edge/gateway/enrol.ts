import {
  parseProfile,
  profileHash,
  toHex,
  formatProfile,
  type Hex,
  type Profile,
  type Trust,
} from '@gridseal/protocol';
import {
  enrolDevice,
  getTrust,
  listKeys,
  SdkError,
  signEnrolment,
  storeProfile,
  type DeviceKey,
  type GridsealClient,
} from '@gridseal/sdk';

const VALID_FOR_S = 600n;
const LOOK_MS = 250;
const PATIENCE_MS = 120_000;

/** A profile as our readers write it, in the protocol's form. */
export const asProfile = (document: object): Profile => parseProfile(canonical(document));

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
};

/** Hash of a profile, as enrolment and batches cite it. */
export const hashOfProfile = (profile: Profile): Uint8Array => profileHash(formatProfile(profile));

const keyStatus = async (client: GridsealClient, identity: Hex, keyId: Hex): Promise<string | undefined> =>
  (await listKeys(client, { identity })).find((key) => key.keyId === keyId)?.status;

/** Waits until a key speaks whose enrolment is on its way. @throws SdkError `timeout` when the chain takes longer than two minutes */
export const untilEnrolled = async (options: {
  readonly client: GridsealClient;
  readonly key: DeviceKey;
  readonly identity: Uint8Array;
}): Promise<void> => {
  const [author, keyId] = [toHex(options.identity), toHex(options.key.keyId)];
  for (let waited = 0; (await keyStatus(options.client, author, keyId)) !== 'active'; waited += LOOK_MS) {
    if (waited > PATIENCE_MS)
      throw new SdkError(
        'timeout',
        `the key ${keyId} of ${author} is not final after ${PATIENCE_MS / 1000} s: run the same command again`,
        { retryable: true },
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
};

/**
 * Enrols a key under an owner through the service, which pays the gas, and waits until the key speaks. A key that speaks
 * already is left as it is.
 *
 * @throws SdkError; `timeout` when the chain takes longer than two minutes
 */
export const ensureEnrolled = async (options: {
  readonly client: GridsealClient;
  /** Chain and registry that device and owner sign for; what the service says of itself without it. */
  readonly trust?: Pick<Trust, 'chainId' | 'deviceRegistry'>;
  readonly key: DeviceKey;
  readonly owner: DeviceKey;
  readonly identity: Uint8Array;
  readonly profile: Profile;
  readonly now: () => number;
}): Promise<'enrolled' | 'known'> => {
  const { client, key, identity, now } = options;
  const [author, keyId] = [toHex(identity), toHex(key.keyId)];
  if ((await keyStatus(client, author, keyId)) === 'active') return 'known';
  const { chainId, deviceRegistry } = options.trust ?? (await getTrust(client));
  const profile = await storeProfile(client, options.profile);
  const deadline = BigInt(Math.floor(now() / 1000)) + VALID_FOR_S;
  const domain = { chainId: BigInt(chainId), deviceRegistry: deviceRegistry.address };
  await enrolDevice(
    client,
    signEnrolment({ key, owner: options.owner, identity, profile, deadline, domain }),
  );
  await untilEnrolled({ client, key, identity });
  return 'enrolled';
};
