import { secondsText, type LayerVerdict, type Verdict, type VerdictTimes } from '@gridseal/protocol';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printReadings } from './print-reading.ts';
import { closingSentence, firstSentence, type Context } from './sentences.ts';

const MARKS = { pass: '✓', fail: '✗', 'not checked': '–' } as const;
const COLOURS = { pass: 'green', fail: 'red', 'not checked': 'yellow' } as const;
const OUTCOMES = { holds: 'green', incomplete: 'yellow', fails: 'red' } as const;
const WORDS = { pass: 'holds', fail: 'FAILS', 'not checked': 'not checked' } as const;

const printLayer = (terminal: Terminal, verdict: LayerVerdict): void => {
  const { layer, status, waived, detail, code, expected, actual } = verdict;
  const mark = terminal.style(COLOURS[status], `${MARKS[status]} ${WORDS[status].padEnd(11)}`);
  terminal.line(`  ${mark} ${layer.padEnd(11)} ${printable(detail)}${waived ? ' (waived)' : ''}`);
  if (status !== 'fail') return;
  terminal.line(`      code     ${code ?? ''}`);
  if (expected !== undefined) terminal.line(`      expected ${printable(expected)}`);
  if (actual !== undefined) terminal.line(`      actual   ${printable(actual)}`);
};

const printTimes = (terminal: Terminal, times: VerdictTimes): void => {
  const { deviceMs, receiptMs, interval, anchorS, anchorBlock, notBeforeBlock, isNotBeforeProven } = times;
  terminal.line('  Times, each with who vouches for it');
  if (notBeforeBlock !== undefined) {
    const voucher = isNotBeforeProven ? 'whose hash it names; the chain' : "the author's claim, not checked";
    terminal.line(`    after   block ${notBeforeBlock} (${voucher})`);
  }
  if (interval !== undefined)
    terminal.line(
      `    of      ${secondsText(interval.startMs / 1000n)} to ${secondsText(interval.endMs / 1000n)} (the author's clock)`,
    );
  terminal.line(`    signed  ${secondsText(deviceMs / 1000n)} (the author's clock)`);
  terminal.line(`    taken   ${secondsText(receiptMs / 1000n)} (the operator's clock)`);
  if (anchorS !== undefined) {
    terminal.line(
      `    before  ${secondsText(anchorS)} (block ${anchorBlock ?? ''}; the chain, if it is canonical)`,
    );
  }
};

/**
 * Prints a verdict for a person: first what was not checked or does not hold; then what it is about, every layer, what is
 * odd, the times and the readings shown; last, in one sentence, who, what, when, and what is not proven.
 */
export const printVerdict = (
  terminal: Terminal,
  verdict: Verdict,
  trustOrigin: string,
  context: Context = {},
): void => {
  const { outcome, layers, remarks, summary } = verdict;
  terminal.line(terminal.style(OUTCOMES[outcome], firstSentence(verdict)));
  terminal.line();
  if (summary !== undefined) {
    const { kind, author, lane, boot, sequence, digest } = summary;
    terminal.line(
      `${terminal.style('bold', printable(kind))} of ${author}, number ${sequence} (lane ${lane}, boot ${boot})`,
    );
    terminal.line(terminal.style('dim', `digest ${digest}`));
  }
  terminal.line(terminal.style('dim', `trust  ${trustOrigin}`));
  terminal.line();
  for (const layer of layers) printLayer(terminal, layer);
  terminal.line();
  for (const { detail } of remarks) terminal.line(`  ${terminal.style('yellow', '!')} ${printable(detail)}`);
  if (remarks.length > 0) terminal.line();
  if (summary !== undefined) {
    printTimes(terminal, summary.times);
    printReadings(terminal, summary.readings);
    terminal.line();
  }
  terminal.line(terminal.style('bold', closingSentence(verdict, context)));
};
