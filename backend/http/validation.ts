import type { Request } from 'express';
import type { z } from 'zod';
import { type FieldProblem, Problem } from './problem.ts';
import type { BodyDeclaration, RequestDeclaration } from './route.ts';

type Part = 'params' | 'query' | 'body';

/** The code of a wrong field: the schema's own (`params: {code}` of a custom check) or the kind of mismatch. */
const codeOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'custom' && typeof issue.params?.code === 'string') return issue.params.code;
  return issue.code.replaceAll('_', '-');
};

/** Lists every mismatch of a value with a schema, each under its path from `part`. */
export const toFieldProblems = (part: string, error: z.core.$ZodError): FieldProblem[] =>
  error.issues.map((issue) => ({
    field: [part, ...issue.path.map(String)].join('.'),
    code: codeOf(issue),
    message: issue.message,
  }));

const isBytes = (req: Request, { bytes }: BodyDeclaration): boolean =>
  bytes !== undefined &&
  // As written it needs no parsing.
  (bytes.mediaTypes.includes(req.headers['content-type'] ?? '') || Boolean(req.is([...bytes.mediaTypes])));

/** @throws Problem `unsupported-media-type` unless the request's content type is one of the route's */
export const checkMediaType = (req: Request, body: BodyDeclaration): void => {
  if (isBytes(req, body) || (body.json !== undefined && req.is('application/json'))) return;
  const accepted = [
    ...(body.json === undefined ? [] : ['application/json']),
    ...(body.bytes?.mediaTypes ?? []),
  ];
  throw new Problem('unsupported-media-type', {
    detail: `accepted here: ${accepted.join(', ')}`,
    headers: { Accept: accepted.join(', ') },
  });
};

const receivedBody = (
  req: Request,
  body: BodyDeclaration,
  check: (schema: z.ZodType, value: unknown) => unknown,
) => {
  if (isBytes(req, body) || body.json === undefined) {
    const bytes = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    return {
      kind: 'bytes',
      mediaType: String(req.headers['content-type']).split(';')[0]?.trim().toLowerCase() ?? '',
      bytes,
    };
  }
  return { kind: 'json', value: check(body.json, req.body) };
};

/**
 * Reads a request by its declaration.
 *
 * @returns the values of `params`, `query` and `body`
 * @throws Problem `validation-failed` with every wrong field at once
 */
export const validateRequest = (req: Request, declaration: RequestDeclaration) => {
  const errors: FieldProblem[] = [];
  const checkPart = (part: Part) => (schema: z.ZodType | undefined, value: unknown) => {
    if (schema === undefined) return {};
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const problem of toFieldProblems(part, parsed.error)) errors.push(problem);
    return undefined;
  };
  const params = checkPart('params')(declaration.params, req.params);
  const query = checkPart('query')(declaration.query, req.query);
  const body =
    declaration.body === undefined ? undefined : receivedBody(req, declaration.body, checkPart('body'));
  if (errors.length > 0) throw new Problem('validation-failed', { errors });
  return { params, query, body };
};
