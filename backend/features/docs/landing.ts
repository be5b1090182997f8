import type { Overview, ShownDevice, ShownStatement } from './overview.ts';
import { escapeHtml, page } from './page.ts';
import { channelsText, momentText, shortHex, type Words } from './words.ts';

/** A place worth visiting. `path` is on this server; `note` says what one finds there. */
export type Signpost = { readonly path: string; readonly note: string };

/** A fact about this installation, such as its log's origin. */
export type Fact = { readonly name: string; readonly value: string };

const FIRST_STEPS = [
  'npx gridseal device create meter.key.json --algorithm secp256k1',
  'npx gridseal device enrol meter.key.json --csv telemetry.csv',
  'npx gridseal device send meter.key.json telemetry.csv',
];

const commands = (lines: readonly string[]): string => `<pre>${lines.map(escapeHtml).join('\n')}</pre>`;
const head = (cells: readonly string[]): string =>
  `<thead><tr>${cells.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')}</tr></thead>`;
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
const link = (href: string, html: string, attributes = ''): string =>
  `<a href="${escapeHtml(href)}"${attributes}>${html}</a>`;

const authorLink = (identity: string): string =>
  link(
    `/v1/statements?author=${identity}`,
    `<span class="id">${code(shortHex(identity))}</span>`,
    ` title="${identity}"`,
  );

const statementRow = (shown: ShownStatement, words: Words): string => {
  const { digest, author, timeMs } = shown;
  const label = ` download="${digest}.bundle.json" title="${digest}"`;
  return `<tr><td class="time">${escapeHtml(momentText(timeMs))}</td><td>${authorLink(author)}</td><td>${escapeHtml(words.says(shown))}</td><td>${link(`/v1/bundles/${digest}`, escapeHtml(words.bundle), label)}</td></tr>`;
};

const deviceRow = ({ identity, status, channels }: ShownDevice, words: Words): string => {
  const measures = channels.length === 0 ? words.noProfile : channelsText(channels);
  return `<tr><td>${authorLink(identity)}</td><td>${escapeHtml(measures)}</td><td>${escapeHtml(status)}</td></tr>`;
};

/** ` --url URL` for printed commands: where the visitor found this page. */
const urlArgument = (url: string): string => (url === 'http://127.0.0.1:8787' ? '' : ` --url ${url}`);

const statements = ({ logSize, provable, statements: shown }: Overview, url: string, words: Words): string =>
  shown.length === 0
    ? `<p>${escapeHtml(words.nothing(logSize))}</p>${logSize === 0n ? commands(FIRST_STEPS.map((step) => step + urlArgument(url))) : ''}`
    : `<p class="dim">${escapeHtml(words.newestNote(logSize, provable))}</p><table class="rows">${head(words.columns)}<tbody>${shown.map((each) => statementRow(each, words)).join('')}</tbody></table>`;

const devices = ({ devices: shown, moreDevices }: Overview, words: Words): string => {
  const more = moreDevices ? `<p>${link('/v1/devices', escapeHtml(words.moreDevices))}</p>` : '';
  return shown.length === 0
    ? `<p>${escapeHtml(words.noDevices)}</p>`
    : `<table class="rows">${head(words.deviceColumns)}<tbody>${shown.map((each) => deviceRow(each, words)).join('')}</tbody></table>${more}`;
};

const check = ([first]: readonly ShownStatement[], url: string, words: Words): string => {
  if (first === undefined) return '';
  const get = `npx gridseal bundle ${first.digest}${urlArgument(url)} --out bundle.json --trust-out trust.json`;
  return (
    `<h2>${escapeHtml(words.check)}</h2><p>${escapeHtml(words.checkProgram)}</p>` +
    `<p>${escapeHtml(words.checkBundle)}</p>${commands([get])}` +
    `<p>${escapeHtml(words.checkVerify)}</p>${commands(['npx gridseal verify bundle.json --trust trust.json --offline'])}` +
    `<p class="dim">${escapeHtml(words.checkTrust)}</p>`
  );
};

/**
 * The first page a newcomer sees: what is in the log, with a file that proves it one click away.
 *
 * @param url where the visitor found the page
 */
export const landingPage = (options: {
  readonly overview: Overview;
  readonly facts: readonly Fact[];
  readonly signposts: readonly Signpost[];
  readonly url: string;
  readonly words: Words;
}): string => {
  const { overview, facts, signposts, url, words } = options;
  const places = signposts.map(
    ({ path, note }) => `<tr><td>${link(path, code(path))}</td><td>${escapeHtml(note)}</td></tr>`,
  );
  const known = facts.map(
    ({ name, value }) => `<tr><td>${escapeHtml(name)}</td><td>${code(value)}</td></tr>`,
  );
  return page(
    'Gridseal',
    `<h1>Gridseal</h1><p>${escapeHtml(words.what)}</p>` +
      `<h2>${escapeHtml(words.newest)}</h2>${statements(overview, url, words)}` +
      `<h2>${escapeHtml(words.devices)}</h2>${devices(overview, words)}` +
      check(overview.statements, url, words) +
      `<h2>${escapeHtml(words.places)}</h2><table>${places.join('')}</table>` +
      `<h2>${escapeHtml(words.installation)}</h2><table>${known.join('')}</table>`,
    words.language,
  );
};
