// Writes docs/openapi.json from the route declarations, or with --check compares it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorRoutes } from '../backend/features/anchor/routes.ts';
import { chainRoutes } from '../backend/features/chain/routes.ts';
import { docsRoutes } from '../backend/features/docs/routes.ts';
import { erasureRoutes } from '../backend/features/erasure/routes.ts';
import { evidenceRoutes } from '../backend/features/evidence/routes.ts';
import { healthRoutes } from '../backend/features/health/routes.ts';
import { ingestRoutes } from '../backend/features/ingest/routes.ts';
import { logRoutes } from '../backend/features/log/routes.ts';
import { payloadRoutes } from '../backend/features/payloads/routes.ts';
import { receiptRoutes } from '../backend/features/receipts/routes.ts';
import { trustRoutes } from '../backend/features/trust/routes.ts';
import { createOpenApi } from '../backend/http/openapi.ts';
import packageManifest from '../package.json' with { type: 'json' };
import { root } from './paths.ts';

/** What handlers would use. Declaring a route asks nothing of it, and no handler runs here. */
const unused: never = new Proxy({}, { get: () => unused }) as never;

// In the order of backend/compose.ts; a test holds the served document to this one.
const routes = [
  ...ingestRoutes({ ingest: unused, logId: '0x', maxBatches: 1 }),
  ...logRoutes(unused, '', unused),
  ...receiptRoutes(unused),
  ...chainRoutes(unused),
  ...anchorRoutes(unused),
  ...payloadRoutes(unused),
  ...evidenceRoutes(unused),
  ...erasureRoutes(unused),
  ...trustRoutes(''),
  ...healthRoutes(unused),
];
const { version } = packageManifest;
const docs = docsRoutes({ version, routes, facts: () => [], signposts: [], overview: unused });
const wanted = `${JSON.stringify(createOpenApi([...routes, ...docs], version), null, 2)}\n`;

const path = join(root, 'docs', 'openapi.json');
if (!process.argv.includes('--check')) {
  await writeFile(path, wanted);
} else if ((await readFile(path, 'utf8').catch(() => '')) !== wanted) {
  process.stderr.write('docs/openapi.json is out of date: run npm run generate\n');
  process.exitCode = 1;
}
