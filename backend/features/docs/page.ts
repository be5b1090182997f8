import { createHash } from 'node:crypto';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML text or attribute value. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5b6675; --line: #dfe4ea; --paper: #fff; --tint: #f5f7f9; --accent: #0b6e5a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --dim: #98a3b3; --line: #2c3542; --paper: #11161d; --tint: #1a212b; --accent: #4cc3a5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; } h2::first-letter { text-transform: uppercase; }
p { margin: .25rem 0 .75rem; } .dim { color: var(--dim); } a { color: var(--accent); }
code, pre { font: .86rem/1.5 ui-monospace, monospace; } code { overflow-wrap: anywhere; } td:first-child { white-space: nowrap; } pre { background: var(--tint); padding: .75rem; overflow-x: auto; border-radius: 6px; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-top: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); font-size: .86rem; }
.id, .time { white-space: nowrap; font-variant-numeric: tabular-nums; } pre { margin: .25rem 0 .75rem; }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; } td:first-child { white-space: normal; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .rows thead { display: none; } .rows tr { display: block; border-top: 1px solid var(--line); padding: .5rem 0; } .rows td { display: block; border: 0; padding: .1rem 0; }
}
details { border-top: 1px solid var(--line); padding: .6rem 0; } summary { cursor: pointer; }
.method { display: inline-block; min-width: 3.6rem; font: 600 .8rem ui-monospace, monospace; color: var(--accent); text-transform: uppercase; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Headers of a page of ours: no script, no other origin, only our own style. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-cache',
};

/** A whole page. `body` is HTML already. */
export const page = (title: string, body: string, language = 'en'): string =>
  `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body></html>
`;
