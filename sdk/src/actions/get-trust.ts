import { parseTrust, ProtocolError, TlogError, type Trust } from '@gridseal/protocol';
import { SdkError } from '../errors.ts';
import { readText, type GridsealClient } from '../http/client.ts';

/**
 * What the service says a verifier must trust. Compare it with another source before relying on it.
 *
 * @throws SdkError `unexpected-answer` when it answers something else
 */
export const getTrust = async (client: GridsealClient): Promise<Trust> => {
  const text = await readText(await client.request({ path: '/v1/trust' }));
  try {
    return parseTrust(text);
  } catch (cause) {
    if (!(cause instanceof ProtocolError || cause instanceof TlogError)) throw cause;
    throw new SdkError('unexpected-answer', `/v1/trust answered no trust file: ${cause.message}`, {
      retryable: true,
      cause,
    });
  }
};
