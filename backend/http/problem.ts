/**
 * Every error code the API answers with, and what it means. Codes are stable: clients branch on
 * them, so one is never renamed or given another meaning. Features add theirs here.
 */
export const PROBLEMS = {
  'validation-failed': { status: 400, title: 'The request does not have the required form' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'malformed-url': { status: 400, title: 'The address of the request is malformed' },
  'malformed-body': { status: 400, title: 'The body does not arrive as its headers say' },
  unauthorized: { status: 401, title: 'This needs the operator token' },
  'invalid-cid': { status: 400, title: 'This is not a CID' },
  'format-not-supported': { status: 400, title: 'The content is not served in this form' },
  'path-not-supported': { status: 400, title: 'Paths below a CID are not resolved here' },
  'scope-not-supported': { status: 400, title: 'There is no such scope' },
  'not-acceptable': { status: 406, title: 'The content is not served in any form that was asked for' },
  'not-cached': { status: 412, title: 'This store does not have the content, and was asked for no other' },
  'range-not-satisfiable': { status: 416, title: 'The content has no such range' },
  'not-implemented': { status: 501, title: 'This part of the specification is not implemented here' },
  'owner-not-admitted': {
    status: 403,
    title: 'Nothing is relayed for this owner: send the call to the registry yourself',
  },
  'relay-spent': { status: 503, title: 'What relaying may cost in a day is spent' },
  'registry-refused': { status: 422, title: 'The registry would refuse this call' },
  'statement-unknown': { status: 404, title: 'No statement of this digest is in the log' },
  'payload-missing': { status: 404, title: 'The payload is in no store' },
  'profile-unknown': { status: 404, title: 'The profile document was not given to this service' },
  'not-sequenced': { status: 409, title: 'The statement is acknowledged, but not in the published log yet' },
  'not-anchored': { status: 409, title: 'No archived anchor covers the statement yet' },
  'lineage-missing': {
    status: 409,
    title: 'The way to the last good statement of a revoked key is not in the log',
  },
  'payload-erased': { status: 410, title: 'The key of the batch was destroyed; the log tells of it' },
  'payload-closed': { status: 410, title: 'The key that opens the payload is not in the key store' },
  'no-readings': { status: 422, title: 'Statements of this kind have no readings' },
  'nothing-selected': { status: 422, title: 'The selection names no reading of the batch' },
  'payload-corrupt': { status: 500, title: 'The stored payload does not open what the device signed' },
  'bundle-refused': { status: 500, title: 'The bundle does not verify and is not handed out' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'body-too-large': { status: 413, title: 'The body is larger than allowed' },
  'unsupported-media-type': { status: 415, title: 'The content type is not accepted here' },
  'rate-limited': { status: 429, title: 'Too many requests from this address' },
  internal: { status: 500, title: 'The service failed' },
  overloaded: { status: 503, title: 'The service takes no more work at the moment' },
  'log-halted': { status: 503, title: 'The log takes nothing until it goes on in a new epoch' },
  unavailable: { status: 503, title: 'A part of the service cannot be reached' },
  'timed-out': { status: 503, title: 'The request took too long' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field of a request that is wrong. `field` is a path such as `body.batches.3.signature`. */
export type FieldProblem = { readonly field: string; readonly code: string; readonly message: string };

/** What a {@link Problem} carries besides its code. */
export type ProblemDetails = {
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
};

/** The one error a handler throws to refuse a request. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  /**
   * @example
   * throw new Problem('not-found', { detail: 'no statement has this digest' });
   */
  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    super(details.detail ?? PROBLEMS[code].title, { cause: details.cause });
    this.name = 'Problem';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The body of a refusal, `application/problem+json` (RFC 9457). */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly requestId: string;
  readonly errors?: readonly FieldProblem[];
};

/** Writes a problem for the wire. `requestId` finds the log lines of the request. */
export const toDocument = (problem: Problem, requestId: string): ProblemDocument => ({
  type: `urn:gridseal:problem:${problem.code}`,
  title: PROBLEMS[problem.code].title,
  status: problem.status,
  code: problem.code,
  ...(problem.details.detail === undefined ? {} : { detail: problem.details.detail }),
  requestId,
  ...(problem.details.errors === undefined ? {} : { errors: problem.details.errors }),
});

/** Gives an error of another layer its problem, or `undefined` when it is not its concern. */
export type ProblemMapper = (error: unknown) => Problem | undefined;

const FROM_BODY_PARSER: Readonly<Record<string, ProblemCode>> = {
  'entity.too.large': 'body-too-large',
  'entity.parse.failed': 'malformed-json',
  'encoding.unsupported': 'unsupported-media-type',
  'charset.unsupported': 'unsupported-media-type',
  'request.aborted': 'malformed-body',
  'request.size.invalid': 'malformed-body',
  'stream.encoding.set': 'malformed-body',
};

const fromExpress: ProblemMapper = (error) => {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof URIError) return new Problem('malformed-url', { cause: error });
  const code = 'type' in error && typeof error.type === 'string' ? FROM_BODY_PARSER[error.type] : undefined;
  if (code !== undefined) return new Problem(code, { cause: error });
  const isClientError =
    'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;
  return isClientError ? new Problem('malformed-body', { cause: error }) : undefined;
};

/** The one mapper from anything thrown to a problem. What nobody knows is `internal`, without detail. */
export const toProblem = (error: unknown, mappers: readonly ProblemMapper[]): Problem => {
  if (error instanceof Problem) return error;
  for (const mapper of [fromExpress, ...mappers]) {
    const problem = mapper(error);
    if (problem !== undefined) return problem;
  }
  return new Problem('internal', { cause: error });
};
