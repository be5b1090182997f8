import type { Command } from 'commander';
import { formatProfile, toHex, type Profile } from '@gridseal/protocol';
import { createGridsealClient, revokeDevice, type DeviceAlgorithm, type GridsealClient } from '@gridseal/sdk';
import { asProfile, ensureEnrolled } from '../../edge/gateway/enrol.ts';
import {
  ensureEnrolledProfile,
  keepEnrolledProfile,
  profileFileOf,
} from '../../edge/gateway/enrolled-profile.ts';
import { keepFileOptions } from '../../edge/gateway/file-habits.ts';
import { createKeyFile, type HeldKey } from '../../edge/gateway/key-file.ts';
import { checkFile, requireAccepted } from '../../edge/readers/check-file.ts';
import { profileOf } from '../../edge/readers/file-report.ts';
import { parseMeterFile } from '../../edge/readers/meter-file.ts';
import { fileOptionsOf, withFileFlags, type FileFlags } from '../device/file-flags.ts';
import { heldKey, withKeyHeld } from '../device/held-key.ts';
import { lastGoodOf, nonceOf, revocationOf, ZERO_HASH } from '../device/revocation.ts';
import { trustOfKey } from '../device/trust.ts';
import { exists, readNamedFile } from '../read-file.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { addCheckCommand } from './device-check.ts';
import { rotate } from './device-rotate.ts';
import { addRunCommand } from './device-run.ts';
import { addSendCommand } from './device-send.ts';
import { addStatusCommand } from './device-status.ts';

type DeviceFlags = FileFlags & {
  readonly url: string;
  readonly rpc: string;
  readonly json?: boolean;
  readonly algorithm: string;
  readonly csv?: string;
  readonly profile?: string;
  readonly meter?: string;
  readonly ownerKey?: string;
  readonly lastGood?: string;
  readonly trust?: string;
};

const profileFrom = async (flags: DeviceFlags): Promise<Profile> => {
  const { csv, profile, meter } = flags;
  if (meter !== undefined) {
    return parseMeterFile(new TextDecoder().decode(await readNamedFile(meter)), meter).profile;
  }
  if (profile !== undefined) {
    return asProfile(JSON.parse(new TextDecoder().decode(await readNamedFile(profile))) as object);
  }
  if (csv === undefined)
    throw new UsageError(
      'name the telemetry with --csv, the meter with --meter, or a profile with --profile',
    );
  return profileOf(requireAccepted(await checkFile(csv, fileOptionsOf(flags))));
};

const create = async (file: string, flags: DeviceFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  if (flags.algorithm !== 'p256' && flags.algorithm !== 'secp256k1') {
    throw new UsageError(`--algorithm ${flags.algorithm}: p256 or secp256k1`);
  }
  if (await exists(file)) throw new UsageError(`${file} exists already; a key is never overwritten`);
  const algorithm: DeviceAlgorithm = flags.algorithm;
  const { key, identity } = await createKeyFile(file, algorithm);
  terminal.line(`${file}: a ${algorithm} key. Keep it secret; it is readable by you alone.`);
  terminal.line(`  identity ${toHex(identity)}\n  key      ${toHex(key.keyId)}`);
  terminal.result({ file, algorithm, identity: toHex(identity), keyId: toHex(key.keyId) });
};

/** The owner's key: the file named, or the device's own when it can own itself. */
const ownerOf = async (flags: DeviceFlags, held: HeldKey): Promise<HeldKey> => {
  if (flags.ownerKey !== undefined) {
    const owner = await heldKey(flags.ownerKey);
    if (owner.key.publicKey.algorithm === 'secp256k1') return owner;
    throw new UsageError('an owner has a secp256k1 key');
  }
  if (held.key.publicKey.algorithm === 'secp256k1') return held;
  throw new UsageError(
    'a P-256 device needs an owner: --owner-key FILE (gridseal device create FILE --algorithm secp256k1)',
  );
};

/** Keeps beside a key what it is enrolled with, and how the file of the enrolment was read. */
const keepEnrolment = async (keyFile: string, profile: Profile, flags: DeviceFlags): Promise<void> => {
  await keepEnrolledProfile(keyFile, profile);
  if (flags.csv !== undefined) await keepFileOptions(keyFile, fileOptionsOf(flags));
};

/** @throws UsageError when a key that speaks already has another profile than the one named */
const refuseOtherProfile = async (
  keyFile: string,
  held: HeldKey,
  profile: Profile,
  client: GridsealClient,
): Promise<void> => {
  const enrolled = await ensureEnrolledProfile(keyFile, held, client);
  if (enrolled === undefined || formatProfile(enrolled) === formatProfile(profile)) return;
  throw new UsageError(
    `${toHex(held.identity)} is enrolled already, with another profile (${profileFileOf(keyFile)}); a new one needs a new key: gridseal device rotate`,
  );
};

const enrol = (file: string, flags: DeviceFlags): Promise<void> =>
  withKeyHeld(file, () => enrolHeld(file, flags));

const enrolHeld = async (file: string, flags: DeviceFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const held = await heldKey(file);
  const owner = await ownerOf(flags, held);
  const profile = await profileFrom(flags);
  const client = createGridsealClient({ url: flags.url });
  const { key, identity } = held;
  const trust = await trustOfKey(file, flags.trust, client);
  const outcome = await ensureEnrolled({
    client,
    trust,
    key,
    owner: owner.key,
    identity,
    profile,
    now: Date.now,
  });
  if (outcome === 'enrolled') await keepEnrolment(file, profile, flags);
  else await refuseOtherProfile(file, held, profile, client);
  terminal.line(
    outcome === 'known'
      ? `${toHex(identity)} is enrolled already.`
      : `${toHex(identity)} is enrolled; its owner is ${toHex(owner.key.firstIdentity)}.`,
  );
  terminal.result({ identity: toHex(identity), owner: toHex(owner.key.firstIdentity), outcome });
};

const revoke = async (file: string, flags: DeviceFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const held = await heldKey(file);
  const client = createGridsealClient({ url: flags.url });
  await withKeyHeld(file, async () => {
    const owner = await ownerOf(flags, held);
    const trust = await trustOfKey(file, flags.trust, client);
    const lastGood = flags.lastGood === undefined ? ZERO_HASH : lastGoodOf(flags.lastGood);
    const nonce = await nonceOf(flags.rpc, trust, toHex(held.identity));
    await revokeDevice(client, revocationOf({ held, owner, trust, lastGood, nonce }));
  });
  terminal.line(`The key ${toHex(held.key.keyId)} of ${toHex(held.identity)} is revoked.`);
  terminal.result({ identity: toHex(held.identity), keyId: toHex(held.key.keyId), revoked: true });
};

/** Without a profile of its own the new key takes that of the old one. */
const rotateHeld = async (file: string, newFile: string, flags: DeviceFlags): Promise<void> => {
  const old = await heldKey(file);
  const owner = await ownerOf(flags, old);
  const isNamed = [flags.csv, flags.meter, flags.profile].some((named) => named !== undefined);
  const client = createGridsealClient({ url: flags.url });
  const profile = isNamed
    ? await profileFrom(flags)
    : ((await ensureEnrolledProfile(file, old, client)) ?? (await profileFrom(flags)));
  await rotate(file, newFile, flags, { old, owner, profile });
  if (flags.csv !== undefined) await keepFileOptions(newFile, fileOptionsOf(flags));
};

/** `gridseal device create | enrol | rotate | revoke | send | run | status`. */
export const addDeviceCommands = (program: Command): void => {
  const flagsOf = (command: Command): DeviceFlags => command.optsWithGlobals<DeviceFlags>();
  const device = program
    .command('device')
    .description('Make, enrol and run a device.')
    .option('--url <url>', 'the service', 'http://127.0.0.1:8787')
    .option('--rpc <url>', 'a node of the chain, for nonces', 'http://127.0.0.1:8545');
  device
    .command('create')
    .argument('<key file>')
    .description('Make a key.')
    .option('--algorithm <name>', 'p256 or secp256k1', 'p256')
    .action((file: string, _f: unknown, command: Command) => create(file, flagsOf(command)));
  withFileFlags(
    device
      .command('enrol')
      .argument('<key file>')
      .description('Enrol the key; the service pays the gas.')
      .option('--csv <file>', 'telemetry whose columns become the profile')
      .option('--meter <file>', 'a meter file, as `device run` reads it')
      .option('--profile <file>', 'a profile document')
      .option('--owner-key <file>', 'secp256k1 key of the owner')
      .option('--trust <file>', 'whom to believe, instead of the trust that is pinned beside the key'),
  ).action((file: string, _f: unknown, command: Command) => enrol(file, flagsOf(command)));
  withFileFlags(
    device
      .command('rotate')
      .argument('<key file>')
      .argument('<new key file>')
      .description('Give the identity a new key and revoke the old one.')
      .option('--csv <file>', 'telemetry whose columns become the profile')
      .option('--meter <file>', 'a meter file, as `device run` reads it')
      .option('--profile <file>', 'a profile document')
      .option('--owner-key <file>', 'secp256k1 key of the owner')
      .option('--trust <file>', 'whom to believe, instead of the trust that is pinned beside the key')
      .option('--last-good <digest>', 'last statement of the old key that stays good'),
  ).action((file: string, next: string, _f: unknown, command: Command) =>
    withKeyHeld(file, () => rotateHeld(file, next, flagsOf(command))),
  );
  device
    .command('revoke')
    .argument('<key file>')
    .description('Revoke the key.')
    .option('--owner-key <file>', 'secp256k1 key of the owner')
    .option('--trust <file>', 'whom to believe, instead of the trust that is pinned beside the key')
    .option('--last-good <digest>', 'last statement that stays good')
    .action((file: string, _f: unknown, command: Command) => revoke(file, flagsOf(command)));
  addCheckCommand(device);
  addSendCommand(device);
  addRunCommand(device);
  addStatusCommand(device);
};
