import { join } from 'node:path';

import type { DurableFiles } from '../../adapters/durable-file/durable-files.ts';
import { defineRoute, type Route } from '../../http/route.ts';

/**
 * `GET /v1/trust`: what a verifier must trust to judge this service's bundles.
 *
 * @param document its canonical text (RFC 8785)
 */
export const trustRoutes = (document: string): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/trust',
    operationId: 'getTrust',
    tag: 'evidence',
    summary: 'What a verifier must trust to judge bundles of this service',
    description:
      'Fetched from the service that it judges, it proves nothing: compare it with the alliance agreement or another published copy before giving it to `gridseal verify --trust`.',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: {},
    responses: {
      200: { description: 'gridseal-trust/1', content: { 'application/json': 'text' } },
    },
    handler: () => ({
      status: 200,
      headers: { 'Cache-Control': 'no-cache' },
      mediaType: 'application/json',
      content: document,
    }),
  }),
];

/** Writes the same document to `trust.json` in the data folder, for verifiers on this machine. */
export const writeTrustFile = async (
  files: DurableFiles,
  dataDir: string,
  document: string,
): Promise<string> => {
  const path = join(dataDir, 'trust.json');
  await files.write(path, document, 0o644);
  return path;
};
