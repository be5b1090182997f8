import { escapeHtml, page } from './page.ts';

/** A place worth visiting. `path` is on this server; `note` says what one finds there. */
export type Signpost = { readonly path: string; readonly note: string };

/** A fact about this installation, such as its log's origin. */
export type Fact = { readonly name: string; readonly value: string };

/** The first page a newcomer sees. */
export const landingPage = (facts: readonly Fact[], signposts: readonly Signpost[]): string => {
  const places = signposts.map(
    ({ path, note }) =>
      `<tr><td><a href="${escapeHtml(path)}"><code>${escapeHtml(path)}</code></a></td><td>${escapeHtml(note)}</td></tr>`,
  );
  const known = facts.map(
    ({ name, value }) => `<tr><td>${escapeHtml(name)}</td><td><code>${escapeHtml(value)}</code></td></tr>`,
  );
  return page(
    'Gridseal',
    '<h1>Gridseal</h1><p>Notary and settlement ledger for virtual power plants. Meters sign what they measured; ' +
      'everything becomes a signed statement in one append-only log whose state an EVM chain guards. ' +
      'Anyone can check that a fact existed at a time, without trusting this server.</p>' +
      `<h2>Where to look</h2><table>${places.join('')}</table>` +
      `<h2>This installation</h2><table>${known.join('')}</table>` +
      '<p class="dim">To check a bundle on your own machine: <code>npx gridseal verify bundle.json</code></p>',
  );
};
