import { z } from 'zod';
import { PROBLEMS } from './problem.ts';
import type { RequestDeclaration, ResponseDeclaration, Route } from './route.ts';

/** An OpenAPI 3.1 document, as plain JSON. */
export type OpenApiDocument = {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly name: string }[];
};

type JsonSchema = Readonly<Record<string, unknown>>;

/** One operation of the document. */
export type OpenApiOperation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
};

export type OpenApiParameter = {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly description?: string;
};

export type OpenApiResponse = {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
};

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
};

/** `/log/tile/*path` and `/v1/x/:id` as OpenAPI writes them. */
const toTemplate = (path: string): string => path.replaceAll(/[:*](\w+)/g, '{$1}');

const parametersOf = (place: 'path' | 'query', schema: z.ZodType | undefined): OpenApiParameter[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: rest,
    ...(typeof description === 'string' ? { description } : {}),
  }));
};

const BYTES: JsonSchema = { type: 'string', format: 'binary' };

const bodyOf = (body: RequestDeclaration['body']): OpenApiOperation['requestBody'] => {
  if (body === undefined) return undefined;
  const content: Record<string, { schema: JsonSchema }> = {};
  for (const mediaType of body.bytes?.mediaTypes ?? [])
    content[mediaType] = {
      schema: body.bytes?.documents === undefined ? BYTES : schemaOf(body.bytes.documents, 'input'),
    };
  if (body.json !== undefined) content['application/json'] = { schema: schemaOf(body.json, 'input') };
  return { required: true, content };
};

const contentSchema = (mediaType: string, content: z.ZodType | 'text' | 'bytes'): JsonSchema => {
  // Documents with one encoding go out as the text they are; whoever reads the media type reads an object.
  if (/^application\/(.+\+)?json$/.test(mediaType) && (content === 'text' || content === 'bytes'))
    return { type: 'object' };
  if (content === 'text') return { type: 'string' };
  return content === 'bytes' ? BYTES : schemaOf(content, 'output');
};

const responseOf = ({ description, content }: ResponseDeclaration): OpenApiResponse => ({
  description,
  ...(content === undefined
    ? {}
    : {
        content: Object.fromEntries(
          Object.entries(content).map(([mediaType, schema]) => [
            mediaType,
            { schema: contentSchema(mediaType, schema) },
          ]),
        ),
      }),
});

const REFUSAL: OpenApiResponse = {
  description: 'The request is refused',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const operationOf = (route: Route): OpenApiOperation => {
  const parameters = [
    ...parametersOf('path', route.request.params),
    ...parametersOf('query', route.request.query),
  ];
  const requestBody = bodyOf(route.request.body);
  const responses = Object.entries(route.responses).map(
    ([status, response]) => [status, responseOf(response)] as const,
  );
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { ...Object.fromEntries(responses), default: REFUSAL },
    ...(route.permission === 'operator' ? { security: [{ operatorToken: [] }] } : {}),
  };
};

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]),
  detail: z.string().optional(),
  requestId: z.string(),
  errors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })).optional(),
});

/**
 * Writes the OpenAPI 3.1 document of the routes, in the order they are declared.
 *
 * @throws TypeError when two routes share an operationId
 */
export const createOpenApi = (routes: readonly Route[], version: string): OpenApiDocument => {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const seen = new Set<string>();
  for (const route of routes) {
    if (seen.has(route.operationId)) throw new TypeError(`two routes are called ${route.operationId}`);
    seen.add(route.operationId);
    const path = toTemplate(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gridseal',
      version,
      description:
        'Notary and settlement ledger for virtual power plants. Integers that may exceed 2^53 are decimal strings.',
    },
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      securitySchemes: { operatorToken: { type: 'http', scheme: 'bearer' } },
    },
  };
};
