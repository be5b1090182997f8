import type { OpenApiDocument, OpenApiOperation } from '../../http/openapi.ts';
import { escapeHtml, page } from './page.ts';

const schemaBlock = (label: string, schema: unknown): string =>
  `<p class="dim">${escapeHtml(label)}</p><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`;

const parameterTable = (operation: OpenApiOperation): string => {
  if (operation.parameters === undefined) return '';
  const rows = operation.parameters.map(
    ({ name, in: place, required, schema, description }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? '' : ', optional'}</td>` +
      `<td>${escapeHtml(description ?? '')} <code>${escapeHtml(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<table><tr><th>Parameter</th><th>Where</th><th>What</th></tr>${rows.join('')}</table>`;
};

const contentBlocks = (
  label: string,
  content: Readonly<Record<string, { schema: unknown }>> | undefined,
): string =>
  Object.entries(content ?? {})
    .map(([mediaType, { schema }]) => schemaBlock(`${label} ${mediaType}`, schema))
    .join('');

const responseBlocks = (operation: OpenApiOperation): string =>
  Object.entries(operation.responses)
    .filter(([status]) => status !== 'default')
    .map(
      ([status, { description, content }]) =>
        `<p><b>${status}</b> ${escapeHtml(description)}</p>${contentBlocks('', content)}`,
    )
    .join('');

const operationBlock = (method: string, path: string, operation: OpenApiOperation): string =>
  `<details id="${escapeHtml(operation.operationId)}"><summary><span class="method">${method}</span> ` +
  `<code>${escapeHtml(path)}</code> <span class="dim">${escapeHtml(operation.summary)}</span></summary>` +
  (operation.description === undefined ? '' : `<p>${escapeHtml(operation.description)}</p>`) +
  (operation.security === undefined ? '' : '<p class="dim">Needs the operator token as bearer token.</p>') +
  parameterTable(operation) +
  contentBlocks('Body', operation.requestBody?.content) +
  responseBlocks(operation) +
  '</details>';

/** The OpenAPI document as a page to browse, without any script. */
export const referencePage = (document: OpenApiDocument): string => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escapeHtml(name)}</h2>${own.map((o) => operationBlock(o.method, o.path, o.operation)).join('')}`;
  });
  const intro =
    `<h1>${escapeHtml(document.info.title)} API</h1><p>${escapeHtml(document.info.description)}</p>` +
    '<p class="dim">Machine-readable: <a href="/openapi.json">openapi.json</a>. Refusals are <code>application/problem+json</code> with a stable <code>code</code>.</p>';
  const refusals = `<h2>Refusals</h2>${schemaBlock('application/problem+json', document.components.schemas)}`;
  return page(`${document.info.title} API`, intro + sections.join('') + refusals);
};
