import type { Signpost } from './landing.ts';

/** Where a newcomer finds what. */
export const SIGNPOSTS: readonly Signpost[] = [
  { path: '/docs', note: 'this API, to browse; /openapi.json for machines' },
  { path: '/health', note: 'how every part fares, and how far it is behind' },
  { path: '/metrics', note: 'figures for Prometheus' },
  { path: '/log/checkpoint', note: 'the newest signed state of the log (C2SP tlog-checkpoint)' },
  { path: '/log/key', note: 'the key that checkpoints verify under' },
  { path: '/v1/trust', note: 'what a verifier must trust to judge bundles' },
  { path: '/v1/devices', note: 'enrolled devices and their keys' },
];
