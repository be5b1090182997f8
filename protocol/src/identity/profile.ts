import { utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';

/** What the values of one channel mean: `value × 10^scale` is in `unit`. */
export type ProfileChannel = {
  readonly channel: number;
  /** What is measured, `active-energy-import` for one. */
  readonly quantity: string;
  readonly scale: number;
  /** Sign convention in words. */
  readonly sign: string;
  readonly unit: string;
};

/** Meaning of a device's channels, fixed at its enrolment and cited by every batch. */
export type Profile = {
  readonly format: 'gridseal-profile/1';
  /** Ascending by channel. */
  readonly channels: readonly ProfileChannel[];
};

/** Longest profile document, in characters. */
export const MAX_PROFILE_LENGTH = 65_536;

const FORMAT = 'gridseal-profile/1';
const QUANTITY = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** In the order that JCS sorts them into. */
const CHANNEL_FIELDS = ['channel', 'quantity', 'scale', 'sign', 'unit'];
const MAX_SCALE = 18;

/**
 * The profile's document: its one RFC 8785 (JCS) form.
 *
 * @throws ProtocolError `OutOfRange`, `NotAscending`, `TooLong`
 * @example const document = formatProfile({ format: 'gridseal-profile/1', channels })
 */
export function formatProfile(profile: Profile): string {
  const channels = profile.channels.map((entry, i) => {
    const field = `profile.channels[${i}]`;
    requireChannel(entry, field);
    const before = profile.channels[i - 1];
    if (before !== undefined && before.channel >= entry.channel) {
      throw new ProtocolError('NotAscending', field, {
        expected: `after ${before.channel}`,
        actual: entry.channel,
      });
    }
    return JSON.stringify(entry, CHANNEL_FIELDS);
  });
  if (channels.length === 0) {
    throw new ProtocolError('OutOfRange', 'profile.channels', { expected: 'at least one', actual: 0 });
  }
  const document = `{"channels":[${channels.join(',')}],"format":"${FORMAT}"}`;
  requireShort(document);
  return document;
}

/**
 * Reads a profile document and refuses every text but {@link formatProfile} of the profile it describes.
 *
 * @throws ProtocolError `TooLong`, `InvalidJson`, `OutOfRange`, `NotAscending`, `NonCanonical`
 * @example const { channels } = parseProfile(document)
 */
export function parseProfile(document: string): Profile {
  requireShort(document);
  const parsed = parseJson(document);
  const profile = isObject(parsed) ? parsed : {};
  if (profile.format !== FORMAT) {
    throw new ProtocolError('InvalidJson', 'profile.format', {
      expected: FORMAT,
      actual: String(profile.format),
    });
  }
  if (!Array.isArray(profile.channels)) {
    throw new ProtocolError('InvalidJson', 'profile.channels', { expected: 'an array' });
  }
  const channels = profile.channels.map(readChannel);
  const read: Profile = { format: FORMAT, channels };
  if (formatProfile(read) !== document) {
    throw new ProtocolError('NonCanonical', 'profile', { expected: 'the RFC 8785 form and no other member' });
  }
  return read;
}

/**
 * What a statement and a key record cite: SHA-256 of the document's UTF-8 bytes.
 *
 * @example const profile = profileHash(formatProfile(profile))
 */
export function profileHash(document: string, primitives: Primitives = portable): Uint8Array {
  return primitives.sha256(utf8(document));
}

function readChannel(value: unknown, index: number): ProfileChannel {
  const entry = isObject(value) ? value : {};
  const types = { channel: 'number', quantity: 'string', scale: 'number', sign: 'string', unit: 'string' };
  for (const [name, type] of Object.entries(types)) {
    if (typeof entry[name] !== type) {
      throw new ProtocolError('InvalidJson', `profile.channels[${index}].${name}`, { expected: type });
    }
  }
  const { channel, quantity, scale, sign, unit } = entry as ProfileChannel;
  return { channel, quantity, scale, sign, unit };
}

function requireChannel({ channel, quantity, scale, sign, unit }: ProfileChannel, field: string): void {
  const isU32 = Number.isInteger(channel) && channel >= 0 && channel <= 0xffff_ffff;
  const isScale = Number.isInteger(scale) && Math.abs(scale) <= MAX_SCALE && !Object.is(scale, -0);
  requireHolds(isU32, `${field}.channel`, 'unsigned 32-bit integer', channel);
  requireHolds(isScale, `${field}.scale`, `integer from -${MAX_SCALE} to ${MAX_SCALE}`, scale);
  requireHolds(QUANTITY.test(quantity), `${field}.quantity`, 'lower-case words joined by hyphens', quantity);
  requireHolds(sign !== '' && sign.isWellFormed(), `${field}.sign`, 'text', sign);
  requireHolds(unit !== '' && unit.isWellFormed(), `${field}.unit`, 'text', unit);
}

function requireHolds(holds: boolean, field: string, expected: string, actual: string | number): void {
  if (!holds) throw new ProtocolError('OutOfRange', field, { expected, actual });
}

function requireShort(document: string): void {
  if (document.length > MAX_PROFILE_LENGTH) {
    throw new ProtocolError('TooLong', 'profile', { expected: MAX_PROFILE_LENGTH, actual: document.length });
  }
}

function parseJson(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch (cause) {
    throw new ProtocolError('InvalidJson', 'profile', { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
