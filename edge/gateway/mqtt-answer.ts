import { z } from 'zod';
import { batchResultsSchema, SdkError, type BatchResult } from '@gridseal/sdk';

const answerSchema = z.union([
  batchResultsSchema,
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

/**
 * Reads what was published in answer to a request.
 *
 * @throws SdkError `refused` with the service's reason, `unexpected-answer` for anything that is not an answer; both can be
 *   tried again, as nothing that a broker hands over says that a batch is lost
 */
export const readAnswer = (payload: Uint8Array): readonly BatchResult[] => {
  const answer = answerSchema.safeParse(parseJson(payload));
  if (!answer.success)
    throw new SdkError('unexpected-answer', 'what came over the broker is not an answer of the service', {
      retryable: true,
    });
  if ('results' in answer.data) return answer.data.results;
  const { code, message } = answer.data.error;
  throw new SdkError('refused', `${code}: ${message}`, { retryable: true });
};

const parseJson = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
