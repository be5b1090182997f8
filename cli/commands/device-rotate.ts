import { copyFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toHex, type Hex, type Profile, type Trust } from '@gridseal/protocol';
import {
  createGridsealClient,
  listKeys,
  revokeDevice,
  rotateDevice,
  signEnrolment,
  storeProfile,
  type GridsealClient,
} from '@gridseal/sdk';
import { syncFolder } from '@gridseal/sdk/node/durable-file';
import { ensureEnrolled, untilEnrolled } from '../../edge/gateway/enrol.ts';
import { keepEnrolledProfile } from '../../edge/gateway/enrolled-profile.ts';
import { createKeyFile, readKeyFile, type HeldKey } from '../../edge/gateway/key-file.ts';
import { pinnedTrustFile, pinTrust } from '../../edge/gateway/pinned-trust.ts';
import { handOver, replacementOf } from '../../edge/gateway/replaced-key.ts';
import { readChainHead } from '../../edge/spool/chain-head.ts';
import { lastGoodOf, nonceOf, revocationOf, VALID_FOR_S } from '../device/revocation.ts';
import { trustOfKey } from '../device/trust.ts';
import { exists } from '../read-file.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

export type RotateFlags = {
  readonly url: string;
  readonly rpc: string;
  readonly json?: boolean;
  readonly lastGood?: string;
  readonly trust?: string;
};

/** The new key, under a name of its own until everything is done: nothing signs with it before. */
const nextKey = async (file: string, old: HeldKey): Promise<HeldKey> => {
  if (!(await exists(file))) return createKeyFile(file, old.key.publicKey.algorithm, toHex(old.identity));
  const next = await readKeyFile(file);
  if (toHex(next.identity) === toHex(old.identity)) return next;
  throw new UsageError(`${file} is of another rotation, of ${toHex(next.identity)}: move it away`);
};

/** Brings the registry from the old key to the new one, in one transaction unless an earlier version did half of it. */
const exchange = async (options: {
  readonly client: GridsealClient;
  readonly trust: Trust;
  readonly old: HeldKey;
  readonly next: HeldKey;
  readonly owner: HeldKey;
  readonly profile: Profile;
  readonly lastGood: Hex;
  readonly nonce: bigint;
}): Promise<void> => {
  const { client, trust, old, next, owner, profile } = options;
  const { key, identity } = next;
  const keys = await listKeys(client, { identity: toHex(identity) });
  const statusOf = (held: HeldKey): string | undefined =>
    keys.find(({ keyId }) => keyId === toHex(held.key.keyId))?.status;
  const isOldGone = statusOf(old) === 'revoked';
  const revocation = revocationOf({ ...options, held: old });
  if (statusOf(next) === undefined && !isOldGone) {
    const deadline = BigInt(Math.floor(Date.now() / 1000)) + VALID_FOR_S;
    const domain = { chainId: BigInt(trust.chainId), deviceRegistry: trust.deviceRegistry.address };
    const hash = await storeProfile(client, profile);
    const enrolment = signEnrolment({ key, owner: owner.key, identity, profile: hash, deadline, domain });
    await rotateDevice(client, { revocation, enrolment });
  } else if (statusOf(next) === undefined) {
    // An earlier version revoked first.
    await ensureEnrolled({ client, trust, key, owner: owner.key, identity, profile, now: Date.now });
  } else if (!isOldGone) await revokeDevice(client, revocation);
  await untilEnrolled({ client, key, identity });
};

/**
 * Gives an identity a new key in place of its old one. Node and service are reached before anything is written; the registry does
 * both changes or neither, so that one key speaks whatever fails; a second run goes on with the same new key.
 */
export const rotate = async (
  file: string,
  newFile: string,
  flags: RotateFlags,
  { old, owner, profile }: { readonly old: HeldKey; readonly owner: HeldKey; readonly profile: Profile },
): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const pending = `${newFile}.pending`;
  if (await exists(newFile)) throw new UsageError(`${newFile} exists already; a key is never overwritten`);
  const replacedBy = await replacementOf(file);
  if (replacedBy !== undefined && !(await exists(pending)))
    throw new UsageError(`${file} was replaced by ${replacedBy} already`);
  const client = createGridsealClient({ url: flags.url });
  const trust = await trustOfKey(file, flags.trust, client);
  const nonce = await nonceOf(flags.rpc, trust, toHex(old.identity));
  // The old key is not suspected: what it signed stays good.
  const head = await readChainHead(`${file}.spool`, 0);
  const lastGood = flags.lastGood === undefined ? head.previous : lastGoodOf(flags.lastGood);
  await listKeys(client, { identity: toHex(old.identity) });
  const next = await nextKey(pending, old);
  await exchange({ client, trust, old, next, owner, profile, lastGood, nonce });
  await keepEnrolledProfile(newFile, profile);
  await pinTrust(pinnedTrustFile(newFile), trust);
  if (await exists(`${file}.file.json`)) await copyFile(`${file}.file.json`, `${newFile}.file.json`);
  await handOver(file, newFile);
  await rename(pending, newFile);
  await syncFolder(dirname(newFile));
  const { key, identity } = next;
  terminal.line(`${toHex(identity)} now speaks with ${toHex(key.keyId)} (${newFile}).`);
  terminal.result({ identity: toHex(identity), keyId: toHex(key.keyId), file: newFile });
};
