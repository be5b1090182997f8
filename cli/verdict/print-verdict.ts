import { secondsText, type LayerVerdict, type Verdict, type VerdictTimes } from '@gridseal/protocol';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printReadings } from './print-reading.ts';

const MARKS = { pass: '✓', fail: '✗', 'not checked': '–' } as const;
const COLOURS = { pass: 'green', fail: 'red', 'not checked': 'yellow' } as const;
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
  const { deviceMs, receiptMs, anchorS, anchorBlock, notBeforeBlock } = times;
  terminal.line('  Times, each with who vouches for it');
  if (notBeforeBlock !== undefined) {
    terminal.line(`    after   block ${notBeforeBlock} (the author's claim)`);
  }
  terminal.line(`    signed  ${secondsText(deviceMs / 1000n)} (the author's clock)`);
  terminal.line(`    taken   ${secondsText(receiptMs / 1000n)} (the operator's clock)`);
  if (anchorS !== undefined) {
    terminal.line(
      `    before  ${secondsText(anchorS)} (block ${anchorBlock ?? ''}; the chain, if it is canonical)`,
    );
  }
};

/** Prints a verdict for a person: what it is about, every layer, the times and the readings shown. */
export const printVerdict = (terminal: Terminal, verdict: Verdict, trustOrigin: string): void => {
  const { layers, summary } = verdict;
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
  if (summary === undefined) return;
  printTimes(terminal, summary.times);
  printReadings(terminal, summary.readings);
  terminal.line();
};

/** The last line: what the whole comes to, and what is missing. */
export const printOutcome = (terminal: Terminal, { holds, layers }: Verdict): void => {
  const unmet = layers.filter(({ status, required, waived }) => required && !waived && status !== 'pass');
  const names = unmet.map(({ layer, status }) => `${layer} (${status === 'fail' ? 'fails' : 'not checked'})`);
  if (holds && unmet.length === 0) {
    terminal.line(terminal.style('green', 'Every required layer holds.'));
  } else if (holds) {
    terminal.line(terminal.style('yellow', `Nothing contradicts the bundle. Offline: ${names.join(', ')}.`));
  } else {
    terminal.line(terminal.style('red', `Not proven: ${names.join(', ')}.`));
  }
};
