import { readFileSync } from 'node:fs';
import type { Change } from '../setup/vector-documents.ts';

/** A vector of bundle.json, trust.json or verdict.json. */
type DocumentVector = {
  readonly name: string;
  readonly input: Change & {
    readonly bundle?: string;
    readonly trustPatch?: Change['patch'];
    readonly options?: {
      readonly notBefore?: unknown;
      readonly waive?: readonly string[];
      readonly refusedBlock?: string;
    };
  };
  readonly expected?: {
    readonly holds: boolean;
    readonly layers: { readonly [layer: string]: string };
    readonly outcome: 'holds' | 'incomplete' | 'fails';
    readonly remarks: readonly string[];
    readonly isReformatted: boolean;
  };
  readonly wantErr?: { readonly code: string; readonly field?: string };
};

/** A vector of note.json, checkpoint.json or proof.json. */
type TextVector = {
  readonly name: string;
  readonly operation: string;
  readonly input: {
    readonly note: string;
    readonly text: string;
    readonly verifierKeys: readonly string[];
  };
  readonly expected?: {
    readonly signedBy: readonly (number | null)[];
    readonly origin: string;
    readonly size: string;
    readonly root: string;
  };
  readonly wantErr?: { readonly code: string };
};

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'));

/** The vectors of a file about whole documents. */
export const documentVectors = (file: 'bundle.json' | 'trust.json' | 'verdict.json') =>
  read(file) as readonly DocumentVector[];

/** The vectors of a file about texts. */
export const textVectors = (file: 'note.json' | 'checkpoint.json' | 'proof.json') =>
  read(file) as readonly TextVector[];
