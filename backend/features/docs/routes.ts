import { createOpenApi } from '../../http/openapi.ts';
import { type Route, defineRoute } from '../../http/route.ts';
import { type Fact, type Signpost, landingPage } from './landing.ts';
import { PAGE_HEADERS } from './page.ts';
import { referencePage } from './reference.ts';

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
};

/** The landing page, the API reference and `/openapi.json`, which describe themselves too. */
export const docsRoutes = (dependencies: DocsDependencies): readonly Route[] => {
  const describe = () => createOpenApi([...dependencies.routes, ...own], dependencies.version);
  const html = (content: string) => ({
    status: 200,
    headers: PAGE_HEADERS,
    mediaType: 'text/html; charset=utf-8',
    content,
  });
  const own: readonly Route[] = [
    defineRoute({
      ...shared,
      path: '/',
      operationId: 'getLandingPage',
      summary: 'Where to look',
      responses: { 200: { description: 'A page', content: { 'text/html': 'text' } } },
      handler: () => html(landingPage(dependencies.facts(), dependencies.signposts)),
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
