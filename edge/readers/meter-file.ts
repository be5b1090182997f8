import { z } from 'zod';
import { formatProfile, parseProfile, ProtocolError, type Profile } from '@gridseal/protocol';
import { FileError } from './file-error.ts';
import { UNIT_CODES } from './units.ts';

const pointer = z.string().regex(/^(?:\/[^/]*)*$/u, 'expected a JSON pointer, as /apower');

const document = z.strictObject({
  format: z.literal('gridseal-meter/1'),
  channels: z
    .array(
      z.strictObject({
        channel: z.int().min(0).max(0x00ff_ffff),
        quantity: z.string(),
        scale: z.int(),
        sign: z.string(),
        unit: z
          .string()
          .refine((unit) => UNIT_CODES.includes(unit), { error: `expected one of ${UNIT_CODES.join(', ')}` }),
        /** The topic that carries it, without wildcards. */
        topic: z
          .string()
          .min(1)
          .regex(/^[^#+]*$/u, 'expected a topic without wildcards'),
        /** Where the value stands in a JSON message; the message itself without it. */
        value: pointer.optional(),
        /** Where the time stands in a JSON message; the time of arrival without it. */
        time: pointer.optional(),
      }),
    )
    .min(1),
});

/** One channel of a meter and where a broker's messages carry it. */
export type MeterChannel = z.infer<typeof document>['channels'][number];

/** A meter that publishes to a broker: its channels, and the profile that they make. */
export type MeterFile = { readonly channels: readonly MeterChannel[]; readonly profile: Profile };

/**
 * Reads a meter file: JSON that says of each channel what it measures and which messages carry it.
 *
 * @param file its name, for the error
 * @throws FileError `malformed` with the place
 */
export const parseMeterFile = (text: string, file: string): MeterFile => {
  const refuse = (detail: string): never => {
    throw new FileError('malformed', file, detail);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
  const read = document.safeParse(json);
  if (!read.success) return refuse(z.prettifyError(read.error));
  const channels = read.data.channels.toSorted((a, b) => a.channel - b.channel);
  try {
    const entries = channels.map(({ channel, quantity, scale, sign, unit }) => ({
      channel,
      quantity,
      scale,
      sign,
      unit,
    }));
    const profile = parseProfile(formatProfile({ format: 'gridseal-profile/1', channels: entries }));
    return { channels, profile };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    return refuse(cause.message);
  }
};
