/** Why an SDK call failed before or beside the service's own answer. */
export type SdkErrorCode =
  'unreachable' | 'timeout' | 'unexpected-answer' | 'refused' | 'not-found' | 'bad-key-file' | 'wrong-chain';

/**
 * Base of every error the SDK throws: a stable code, and whether trying again can help.
 * `code` of a refusal by the service is in {@link ServiceError.problem}.
 */
export class SdkError extends Error {
  override readonly name: string = 'SdkError';
  readonly code: SdkErrorCode;
  readonly retryable: boolean;

  constructor(
    code: SdkErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** A refusal as the service words it: `application/problem+json`, RFC 9457. */
export type Problem = {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly errors?:
    readonly { readonly field: string; readonly code: string; readonly message: string }[] | undefined;
};

/** A proxy's answer says nothing of what the service will say; that there is no such page does. */
const isWorthAnotherTry = ({ status, code }: Problem): boolean =>
  status === 429 || status >= 500 || (code === 'unexpected-answer' && status !== 404);

/** The service answered, and said no. */
export class ServiceError extends SdkError {
  override readonly name = 'ServiceError';
  readonly problem: Problem;
  /** Seconds the service asks to wait, when it does. */
  readonly retryAfterS: number | undefined;

  constructor(problem: Problem, retryAfterS: number | undefined) {
    const fields = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`);
    super(
      problem.status === 404 ? 'not-found' : 'refused',
      [`${problem.title} (${problem.code})`, problem.detail, ...fields].filter(Boolean).join('; '),
      { retryable: isWorthAnotherTry(problem) },
    );
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}
