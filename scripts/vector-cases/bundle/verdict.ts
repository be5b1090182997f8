import type { Json, Vector } from '../vector.ts';
import type { Step } from './change.ts';
import { bundles } from './documents.ts';

/** Layers of a verdict, as the vectors name them. */
export const LAYERS = [
  'statement',
  'signature',
  'authority',
  'inclusion',
  'checkpoint',
  'anchor',
  'chain',
  'readings',
  'times',
  'claims',
] as const;
type Layer = (typeof LAYERS)[number];
export type Outcomes = { readonly [layer in Layer]?: string };

type Case = {
  readonly bundle?: string;
  readonly patch?: readonly Step[];
  readonly trustPatch?: readonly Step[];
  readonly options?: Json;
  /** Layers that do not pass; all others do. */
  readonly except?: Outcomes;
  readonly outcome?: 'holds' | 'incomplete' | 'fails';
  readonly remarks?: readonly string[];
};

/** A bundle whose kind discloses no readings leaves that layer unchecked, and what is said of others is never shown whole. */
const unread = (bundle: string): Outcomes => ({
  claims: 'not checked',
  ...(bundles[bundle]?.readings === null ? { readings: 'not checked' } : {}),
});
const isBatch = (bundle: string): boolean => bundles[bundle]?.type.startsWith('TelemetryBatch(') === true;

const development = (trustPatch: readonly Step[] = []): readonly string[] =>
  trustPatch.some(({ path }) => path === '/chainId') ? [] : ['DevelopmentKeys'];

/** A vector whose outcome is a verdict. */
export function verdict(name: string, made: Case = {}): Vector {
  const { bundle = 'device', patch, trustPatch, options, except = {}, remarks = [] } = made;
  const outcomes: Outcomes = { ...unread(bundle), ...except };
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, outcomes[layer] ?? 'pass']));
  const otherwise = Object.values(except).some((outcome) => outcome.startsWith('fail'))
    ? 'fails'
    : Object.keys(except).length > 0 || !isBatch(bundle)
      ? 'incomplete'
      : 'holds';
  const outcome = made.outcome ?? otherwise;
  return {
    name,
    operation: 'verify',
    input: {
      bundle,
      ...(patch === undefined ? {} : { patch: patch as Json }),
      ...(trustPatch === undefined ? {} : { trustPatch: trustPatch as Json }),
      ...(options === undefined ? {} : { options }),
    },
    // Every trust of the vectors is of the development chain, but for those of another chain.
    expected: {
      holds: outcome === 'holds',
      layers,
      outcome,
      remarks: [...development(trustPatch), ...remarks],
    },
  };
}

/** The bundle of a device, changed. */
export const failing = (name: string, except: Outcomes, patch: readonly Step[]): Vector =>
  verdict(name, { patch, except });
/** The bundle of a device under another trust. */
export const distrusted = (name: string, except: Outcomes, trustPatch: readonly Step[]): Vector =>
  verdict(name, { trustPatch, except });
