import { z } from 'zod';
import { ProtocolError, readingsFromJson, type Hex, type Reading } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';
import { readJson, type GridsealClient } from '../http/client.ts';
import { hexSchema } from '../http/schemas.ts';

const readingsSchema = z.object({ digest: hexSchema, profile: hexSchema, readings: z.unknown() });

/** The readings of a batch in the order of their indexes, and the hash of the profile that says what they mean. */
export type BatchReadings = { readonly profile: Hex; readonly readings: readonly Reading[] };

/**
 * The decrypted readings of a batch. For the operator: `token` is the service's API token.
 *
 * @throws ServiceError `unauthorized`, `statement-unknown`, `no-readings`, `payload-erased`, `payload-closed`
 * @example const { readings } = await getReadings(client, { digest, token })
 */
export const getReadings = async (
  client: GridsealClient,
  { digest, token }: { readonly digest: Hex; readonly token: string },
): Promise<BatchReadings> => {
  const response = await client.request({ path: `/v1/readings/${digest}`, token });
  const { profile, readings } = await readJson(response, readingsSchema);
  try {
    return { profile, readings: readingsFromJson(readings) };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new SdkError('unexpected-answer', `the readings of ${digest}: ${cause.message}`, { cause });
  }
};
