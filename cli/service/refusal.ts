import { SdkError, ServiceError } from '@gridseal/sdk/errors';

/** What was asked, for the sentence that says why there is no answer. */
export type Asked = { readonly url: string; readonly digest?: string; readonly tokenOrigin?: string };

const sentenceOf = (error: SdkError, { url, digest, tokenOrigin }: Asked): string | undefined => {
  const code = error instanceof ServiceError ? error.problem.code : error.code;
  const statement = digest ?? 'the statement';
  switch (code) {
    case 'unreachable':
      return `there is no service at ${url}: is it running ('npm start'), or is it elsewhere (--url)?`;
    case 'timeout':
      return `the service at ${url} did not answer in time; try again`;
    case 'not-found':
    case 'statement-unknown':
      return digest === undefined
        ? undefined
        : `no statement ${digest} was acknowledged by ${url}: is the digest right, and the service (--url)?`;
    case 'unauthorized':
      return `${url} does not take the token of ${tokenOrigin ?? 'the operator'}: it is another installation's, or was replaced`;
    case 'no-readings':
      return `${statement} is no batch of telemetry: it holds no readings`;
    case 'payload-erased':
      return `the readings of ${statement} were erased: their key was destroyed on request, and no copy opens them`;
    case 'payload-closed':
      return `the readings of ${statement} stay closed: the service was restored without the keys of their period`;
    case 'payload-missing':
      return `the readings of ${statement} are in neither the database nor the content store of ${url}`;
    case 'rate-limited':
      return `${url} answers no more requests for a while; try again in a minute`;
    default:
      return undefined;
  }
};

/** Passes on an answer; of a refusal it says in one sentence what is wrong and what to do. */
export const answered = async <T>(asked: Asked, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    const sentence = error instanceof SdkError ? sentenceOf(error, asked) : undefined;
    if (!(error instanceof SdkError) || sentence === undefined) throw error;
    throw new SdkError(error.code, sentence, { retryable: error.retryable, cause: error });
  }
};
