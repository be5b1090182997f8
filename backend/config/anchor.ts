import { hour, integer } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

export type AnchorConfig = {
  readonly intervalMs: number;
  readonly maxEntries: number;
  readonly receiptDeadlineMs: number;
  /** New work is refused while an entry has waited longer than this for an anchor. */
  readonly maxUnanchoredMs: number;
};

export const ANCHOR_VARIABLES = {
  ANCHOR_INTERVAL_MS: {
    schema: integer(100, 24 * hour).default(60_000),
    example: '60000',
    meaning: 'an anchor is due after this time, or after ANCHOR_MAX_ENTRIES, whichever is first',
  },
  ANCHOR_MAX_ENTRIES: {
    schema: integer(1, 100_000_000).default(100_000),
    example: '100000',
    meaning: 'an anchor is due after this many entries, or after ANCHOR_INTERVAL_MS, whichever is first',
  },
  RECEIPT_DEADLINE_MS: {
    schema: integer(1_000, 30 * 24 * hour).default(hour),
    example: '3600000',
    meaning: 'the anchoring time a receipt promises',
  },
  MAX_UNANCHORED_MS: {
    schema: integer(1_000, 365 * 24 * hour).optional(),
    example: '3600000',
    meaning: 'new work is refused while an entry has waited longer than this for its anchor',
  },
} satisfies Variables;

export const arrangeAnchor = (v: ValuesOf<typeof ANCHOR_VARIABLES>): AnchorConfig => ({
  intervalMs: v.ANCHOR_INTERVAL_MS,
  maxEntries: v.ANCHOR_MAX_ENTRIES,
  receiptDeadlineMs: v.RECEIPT_DEADLINE_MS,
  maxUnanchoredMs: v.MAX_UNANCHORED_MS ?? v.RECEIPT_DEADLINE_MS,
});
