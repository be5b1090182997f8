import { problemText, type FileProblem } from '../../edge/readers/file-error.ts';
import type { FileReport } from '../../edge/readers/file-report.ts';
import type { Plan } from '../../edge/readers/plan.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/printable.ts';

const SEPARATORS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'pipe',
};
const ENCODING_FROM = { mark: 'by its mark', content: 'by its content', option: 'as you say' } as const;

const utc = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** What the clocks of the plan's zone showed; nothing where times name their own offset. */
const local = (ms: number, { zone }: Plan): string | undefined =>
  zone === undefined ? undefined : `${utc(zone.wallOf(ms)).replace('T', ' ').replace('Z', '')} ${zone.name}`;

const both = (ms: number, plan: Plan): string => {
  const wall = local(ms, plan);
  return wall === undefined ? utc(ms) : `${utc(ms)}  (${wall})`;
};

const duration = (ms: number): string => {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const;
  const parts: string[] = [];
  let left = ms;
  for (const [name, size] of units) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count} ${name}`);
    left -= count * size;
  }
  return parts.slice(0, 2).join(' ');
};

const problemsOf = (
  terminal: Terminal,
  title: string,
  problems: readonly FileProblem[],
  count: number,
): void => {
  terminal.line(terminal.style('bold', title));
  for (const problem of problems) terminal.line(`  ${printable(problemText(problem))}`);
  if (count > problems.length) terminal.line(`  and ${count - problems.length} more`);
};

const table = (terminal: Terminal, rows: readonly (readonly string[])[]): void => {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, cells) => Math.max(most, cells[column]?.length ?? 0), 0),
  );
  for (const [i, cells] of rows.entries()) {
    const line = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    terminal.line(i === 0 ? terminal.style('dim', `  ${line.trimEnd()}`) : `  ${line.trimEnd()}`);
  }
};

const formOf = ({ time, zone, dateFormat, preset }: Plan): string => {
  if (time.in === 'hours') return `hours counted from ${utc(time.startMs)} (${preset}; --start)`;
  const form = dateFormat === undefined ? 'ISO 8601 or Unix time' : dateFormat.text;
  return `column ${JSON.stringify(time.column)}, ${form}${zone === undefined ? '' : `, clock of ${zone.name}`}`;
};

/** Prints what a file holds and what stands against signing it, for a person. */
export const printFileReport = (terminal: Terminal, report: FileReport): void => {
  const { plan, order } = report;
  const { encoding, separator } = plan.cutting;
  const marks = `${SEPARATORS[separator] ?? JSON.stringify(separator)} between cells, decimal ${plan.numbers.decimal === ',' ? 'comma' : 'point'}`;
  terminal.line(`${printable(report.file)}: ${plan.preset}, header in row ${plan.headerRow}`);
  terminal.line(`  text     ${encoding.name} (${ENCODING_FROM[encoding.from]}), ${marks}`);
  terminal.line(`  time     ${printable(formOf(plan))}`);
  if (order.firstMs !== undefined && order.lastMs !== undefined) {
    terminal.line(`  first    ${both(order.firstMs, plan)}`);
    terminal.line(`  last     ${both(order.lastMs, plan)}`);
  }
  const every = order.everyMs === undefined ? 'at no regular interval' : `every ${duration(order.everyMs)}`;
  terminal.line(
    `  rows     ${report.rows}, ${every}${order.isAscending ? '' : ', not ascending: sorted before signing'}`,
  );
  terminal.line(`  readings ${report.readings}; ${report.missing} cells without a value`);
  if (report.rounded > 0) terminal.line(`  rounded  ${report.rounded} numbers, halves away from zero`);
  if (report.totals.length > 0) terminal.line(`  totals   row ${report.totals.join(', ')}: left out`);
  terminal.line();
  table(terminal, [
    ['channel', 'column', 'quantity', 'unit', 'scale', 'readings', 'missing'],
    ...report.channels.map(({ channel, column, quantity, unit, scale, readings, missing }) =>
      [channel, printable(column), quantity, unit, scale, readings, missing].map(String),
    ),
  ]);
  for (const { column, reason } of report.leftOutColumns)
    if (column !== '') terminal.line(`  left out: column ${JSON.stringify(printable(column))} (${reason})`);
  terminal.line();
  if (order.gaps > 0) {
    terminal.line(terminal.style('bold', `${order.gaps} gaps, the longest:`));
    for (const { fromMs, toMs } of order.longest)
      terminal.line(`  ${utc(fromMs)} to ${utc(toMs)} (${duration(toMs - fromMs)})`);
  } else if (order.everyMs !== undefined) terminal.line('No gaps.');
  if (report.leftOut.rows > 0)
    problemsOf(
      terminal,
      `${report.leftOut.rows} rows are left out (--skip-invalid):`,
      report.leftOut.reasons,
      report.leftOut.rows,
    );
  if (report.problemCount > 0)
    problemsOf(
      terminal,
      `${report.problemCount} problems: the file would be refused.`,
      report.problems,
      report.problemCount,
    );
  else terminal.line(terminal.style('green', 'The file would be accepted. Nothing was signed.'));
};

/** A report as JSON; the same on every machine. */
export const reportJson = (report: FileReport): object => {
  const { plan, order } = report;
  const at = (ms: number | undefined): object | null =>
    ms === undefined ? null : { utc: utc(ms), unixMs: ms, local: local(ms, plan) ?? null };
  return {
    file: report.file,
    bytes: report.seen.bytes,
    sha256: report.seen.sha256,
    accepted: report.problemCount === 0,
    preset: plan.preset,
    encoding: plan.cutting.encoding.name,
    separator: plan.cutting.separator,
    decimal: plan.numbers.decimal,
    headerRow: plan.headerRow,
    time: {
      column: plan.time.column,
      form: plan.dateFormat?.text ?? null,
      timezone: plan.zone?.name ?? null,
    },
    first: at(order.firstMs),
    last: at(order.lastMs),
    everyMs: order.everyMs ?? null,
    ascending: order.isAscending,
    rows: report.rows,
    readings: report.readings,
    missing: report.missing,
    rounded: report.rounded,
    totals: report.totals,
    gaps: {
      count: order.gaps,
      longest: order.longest.map(({ fromMs, toMs }) => ({ from: utc(fromMs), to: utc(toMs) })),
    },
    channels: report.channels,
    leftOutColumns: report.leftOutColumns.map(({ column, reason }) => ({ column, reason })),
    leftOutRows: { count: report.leftOut.rows, reasons: report.leftOut.reasons },
    problems: report.problems,
    problemCount: report.problemCount,
  };
};
