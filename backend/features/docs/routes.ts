import type { IncomingHttpHeaders } from 'node:http';
import { createOpenApi } from '../../http/openapi.ts';
import { type Route, defineRoute } from '../../http/route.ts';
import { type Fact, type Signpost, landingPage } from './landing.ts';
import type { Overview } from './overview.ts';
import { PAGE_HEADERS } from './page.ts';
import { referencePage } from './reference.ts';
import { wordsFor } from './words.ts';

const shared = {
  method: 'get',
  tag: 'service',
  permission: 'anyone',
  rate: 'read',
  origins: 'any',
  request: {},
} as const;

/** What the pages are written from. `facts` is asked at each visit. */
export type DocsDependencies = {
  readonly version: string;
  readonly routes: readonly Route[];
  readonly facts: () => readonly Fact[];
  readonly signposts: readonly Signpost[];
  /** What is in the log and who may write to it. */
  readonly overview: () => Promise<Overview>;
};

/** Where the visitor found the page, as far as the request tells; else where the service listens when it is told nothing. */
const visited = ({ host, 'x-forwarded-proto': proto }: IncomingHttpHeaders): string =>
  host !== undefined && /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/iu.test(host)
    ? `${proto === 'https' ? 'https' : 'http'}://${host}`
    : 'http://127.0.0.1:8787';

/** The landing page, the API reference and `/openapi.json`, which describe themselves too. */
export const docsRoutes = (dependencies: DocsDependencies): readonly Route[] => {
  const describe = () => createOpenApi([...dependencies.routes, ...own], dependencies.version);
  const html = (content: string, headers: Readonly<Record<string, string>> = {}) => ({
    status: 200,
    headers: { ...PAGE_HEADERS, ...headers },
    mediaType: 'text/html; charset=utf-8',
    content,
  });
  const own: readonly Route[] = [
    defineRoute({
      ...shared,
      path: '/',
      operationId: 'getLandingPage',
      summary: 'What is in the log, and where to look',
      responses: { 200: { description: 'A page', content: { 'text/html': 'text' } } },
      handler: async ({ headers }) =>
        html(
          landingPage({
            overview: await dependencies.overview(),
            facts: dependencies.facts(),
            signposts: dependencies.signposts,
            url: visited(headers),
            words: wordsFor(headers['accept-language']),
          }),
          { Vary: 'Accept-Language' },
        ),
    }),
    defineRoute({
      ...shared,
      path: '/docs',
      operationId: 'getReference',
      summary: 'This API, to browse',
      responses: { 200: { description: 'A page', content: { 'text/html': 'text' } } },
      handler: () => html(referencePage(describe())),
    }),
    defineRoute({
      ...shared,
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This API as an OpenAPI 3.1 document',
      responses: { 200: { description: 'The document', content: { 'application/json': 'text' } } },
      handler: () => ({ status: 200, json: describe() }),
    }),
  ];
  return own;
};
