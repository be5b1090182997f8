import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { collectModules } from './modules.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LIMIT_MS = 300_000;

/** A browser of this machine, or what to do about having none. */
export const findChromium = (): { readonly path: string } | { readonly missing: string } => {
  const named = process.env.CHROMIUM;
  const candidates =
    named === undefined
      ? (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
      : [named];
  const path = candidates.find(isExecutable);
  return path === undefined
    ? { missing: 'no Chromium: apt-get install chromium, or name one in CHROMIUM' }
    : { path };
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Loads a module of the repository in Chromium, calls its `run` with a task and hands back what that returns. The browser
 * is without a window, has a profile of its own, and reaches nothing but this process.
 *
 * @param module path below the root of the repository
 * @throws Error what the page threw, or that it did not answer
 */
export const runInChromium = async (chromium: string, module: string, task: unknown): Promise<unknown> => {
  const profile = await mkdtemp(join(tmpdir(), 'gridseal-chromium-'));
  const page = await servePage(module, task);
  const browser = spawn(chromium, [...flagsFor(profile), page.url], { stdio: 'ignore' });
  const closed = new Promise<void>((resolve) => browser.once('close', resolve));
  const ended = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => {
      reject(new Error(`Chromium ended with ${String(code)} before its page answered`));
    });
  });
  const limit = AbortSignal.timeout(LIMIT_MS);
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => {
      reject(new Error(`the page did not answer within ${LIMIT_MS} ms`));
    });
  });
  try {
    return await Promise.race([page.answer, ended, late]);
  } finally {
    browser.kill('SIGKILL');
    page.server.closeAllConnections();
    page.server.close();
    await closed;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

const flagsFor = (profile: string): string[] => [
  '--headless',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  `--user-data-dir=${profile}`,
  // Its sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

type Page = { readonly server: Server; readonly url: string; readonly answer: Promise<unknown> };

const servePage = async (module: string, task: unknown): Promise<Page> => {
  const { sources, importMap } = await collectModules(module);
  const documents = new Map([
    ['/', { type: 'text/html', body: pageOf(`/${module}`, importMap) }],
    ['/task', { type: 'application/json', body: JSON.stringify(task) }],
    ...[...sources].map(([path, body]) => [path, { type: 'text/javascript', body }] as const),
  ]);
  let settle: (answer: unknown) => void;
  let fail: (error: Error) => void;
  const answer = new Promise<unknown>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const receive = async (request: IncomingMessage): Promise<void> => {
    const { value, error } = JSON.parse(await text(request)) as { value?: unknown; error?: string };
    if (error === undefined) settle(value);
    else fail(new Error(`in the page: ${error}`));
  };
  const server = createServer((request, response) => {
    // Isolated pages have a clock of 5 µs instead of 100 µs.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (request.method === 'POST') {
      void receive(request).then(() => response.end(), fail);
      return;
    }
    const found = documents.get(new URL(request.url ?? '/', 'http://127.0.0.1').pathname);
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader('content-type', `${found?.type ?? 'text/plain'}; charset=utf-8`);
    response.end(found?.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/`, answer };
};

const pageOf = (module: string, importMap: unknown): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify(importMap)}</script>
<script type="module">
const answer = (body) => fetch('/answer', { method: 'POST', body: JSON.stringify(body) });
addEventListener('error', ({ message }) => answer({ error: message }));
try {
  const { run } = await import(${JSON.stringify(module)});
  await answer({ value: await run(await (await fetch('/task')).json()) });
} catch (error) {
  await answer({ error: String(error?.stack ?? error) });
}
</script>
`;
