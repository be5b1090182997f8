import {
  amountText,
  secondsText,
  uncheckedLayers,
  type DisclosedReading,
  type Hex,
  type LayerName,
  type Verdict,
  type VerdictSummary,
} from '@gridseal/protocol';
import { capital, printable } from '../terminal/printable.ts';

// Every sentence that a verdict says to a person, in one place.

/** Names of channels that the closing sentence takes up; the readings themselves stand above it. */
const MAX_CHANNELS = 3;

/** What remains open while a layer is not checked. */
const OPEN: Readonly<Record<LayerName, string>> = {
  statement: 'that these are the exact bytes of a statement',
  signature: 'that its key signed it',
  authority: 'that its key could speak for its author',
  inclusion: 'that it is in the log',
  checkpoint: 'that the log signed for it',
  anchor: 'that the contract recorded it',
  chain: "that the anchor's block is part of the chain",
  readings: 'that the readings shown are those committed to',
  times: 'that its times are possible',
  claims: 'that what it says of others is so',
};

const PURPOSES = { device: 'device', operator: 'operator', witness: 'witness', member: 'member' } as const;

/** Words in a row: a, b and c. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;

/** A span of time in its largest unit that says enough: 90 s, 12 minutes, 5 hours, 3 days. */
export const spanText = (ms: bigint): string => {
  const seconds = (ms < 0n ? -ms : ms) / 1000n;
  if (seconds < 120n) return `${seconds} s`;
  if (seconds < 7_200n) return `${seconds / 60n} minutes`;
  return seconds < 172_800n ? `${seconds / 3_600n} hours` : `${seconds / 86_400n} days`;
};

const msText = (ms: bigint): string => secondsText(ms / 1000n);

/** The first line: what was not checked, or does not hold, before anything else. */
export const firstSentence = ({ outcome, layers }: Verdict): string => {
  if (outcome === 'holds') return 'Every required layer holds.';
  if (outcome === 'incomplete') {
    const unchecked = uncheckedLayers(layers);
    const open = listed(unchecked.map(({ layer }) => `${OPEN[layer]} (${layer})`));
    return `Not everything was checked: ${open} ${unchecked.length === 1 ? 'is' : 'are'} open. Nothing contradicts the bundle.`;
  }
  const unmet = layers.filter(({ status, required, waived }) => required && !waived && status !== 'pass');
  const names = unmet.map(({ layer, status }) => `${layer} (${status === 'fail' ? 'fails' : 'not checked'})`);
  const waived = layers.filter(({ status, waived: isWaived }) => isWaived && status === 'fail');
  return `Not proven: ${[...names, ...waived.map(({ layer }) => `${layer} (fails)`)].join(', ')}.`;
};

/** What the command learned beside the file. */
export type Context = {
  /** Owner of the author, as a node's registry names it. */
  readonly owner?: Hex | undefined;
};

const who = ({ kind, author, enrolment }: VerdictSummary, { owner }: Context): string => {
  if (kind === 'Reset') return `the owner ${author}`;
  if (kind !== 'TelemetryBatch' && enrolment === undefined) return `the operator ${author} of the log`;
  const role = enrolment === undefined ? 'author' : PURPOSES[enrolment.purpose];
  const since = enrolment === undefined ? '' : `, its key enrolled ${secondsText(enrolment.validFrom)}`;
  const owned = owner === undefined ? ', owner not shown by the file,' : `, owned by ${owner},`;
  return `the ${role} ${author}${since}${owned}`;
};

const signText = (sign: string): string => printable(sign).replace(/^\+ ?= ?/u, 'positive is ');

const amountOf = (readings: readonly DisclosedReading[]): string => {
  const [first] = readings;
  const meaning = first?.meaning;
  const values = readings.map(({ value }) => value);
  const [least, most] = [values.reduce((a, b) => (a < b ? a : b)), values.reduce((a, b) => (a > b ? a : b))];
  const text = (value: bigint): string =>
    meaning === undefined ? `${value}` : amountText(value, meaning.scale);
  const range = least === most ? text(least) : `${text(least)} to ${text(most)}`;
  return meaning === undefined
    ? `channel ${first?.channel ?? '?'}, whose unit is not known, of ${range}`
    : `${printable(meaning.quantity)} of ${range} ${printable(meaning.unit)} (${signText(meaning.sign)})`;
};

const what = ({ kind, count, readings }: VerdictSummary): string => {
  if (kind !== 'TelemetryBatch') return `made the statement ${printable(kind)}`;
  if (readings.length === 0) return `stated ${count ?? '?'} readings, none of which the file shows`;
  const channels = [...Map.groupBy(readings, ({ channel }) => channel).values()];
  const shown = channels.slice(0, MAX_CHANNELS).map(amountOf);
  const more = channels.length - shown.length;
  const amounts = listed([...shown, ...(more > 0 ? [`${more} more channels`] : [])]);
  return `stated ${count ?? '?'} readings, of which the file shows ${readings.length}: ${amounts}`;
};

const measured = ({ times: { interval, deviceMs } }: VerdictSummary): string => {
  const signed = `signed ${msText(deviceMs)} by the same clock`;
  return interval === undefined
    ? `signed ${msText(deviceMs)} by the author's own clock`
    : `measured, as the device's own clock has it, from ${msText(interval.startMs)} to ${msText(interval.endMs)}, and ${signed}`;
};

const proven = ({ times }: VerdictSummary, isChainTrusted: boolean): string => {
  const { anchorS, anchorBlock, deviceMs, notBeforeBlock, isNotBeforeProven, notBeforeS } = times;
  const after =
    notBeforeBlock !== undefined && isNotBeforeProven
      ? `not before ${notBeforeS === undefined ? '' : `${secondsText(notBeforeS)}, `}block ${notBeforeBlock}`
      : 'not before any time';
  if (anchorS === undefined) return `when it existed is not proven by any block`;
  const before = `no later than ${secondsText(anchorS)}, block ${anchorBlock ?? '?'}`;
  const between = anchorS * 1000n - deviceMs;
  const apart = `${spanText(between)} ${between < 0n ? 'before' : 'after'} the time of signing that its own clock states`;
  return `${isChainTrusted ? 'proven to exist' : 'if that block is part of the chain, proven to exist'} ${before} (${apart}), and ${after}`;
};

const unproven = ({ layers, remarks }: Verdict, { kind }: VerdictSummary): string => {
  const open = uncheckedLayers(layers).map(({ layer }) => OPEN[layer]);
  const claimed = remarks.some(({ code }) => code === 'NotBeforeUnchecked')
    ? ['the block after which it claims to be signed']
    : [];
  const always = kind === 'TelemetryBatch' ? ['that the sensor and the clock of the device were right'] : [];
  return listed([...open, ...claimed, ...always]);
};

/** The last line: who, what, when, and what is not proven. */
export const closingSentence = (verdict: Verdict, context: Context = {}): string => {
  const { outcome, summary, layers } = verdict;
  if (summary === undefined) return 'The file holds no statement that can be read: it proves nothing.';
  const isChainTrusted = layers.some(({ layer, status }) => layer === 'chain' && status === 'pass');
  const said = `${who(summary, context)} ${what(summary)}; ${measured(summary)}`;
  if (outcome === 'fails') {
    const failed = layers.filter(({ status }) => status === 'fail').map(({ layer }) => layer);
    return `The file does not prove what it says, which is that ${said}: ${listed(failed)} ${failed.length === 1 ? 'fails' : 'fail'}.`;
  }
  const open = unproven(verdict, summary);
  const sentence = `${said}; ${proven(summary, isChainTrusted)}${open === '' ? '' : `; not proven: ${open}`}.`;
  return capital(sentence);
};
