import { toHex } from '@gridseal/protocol';
import type { AuditReport } from '@gridseal/sdk/audit/audit';
import type { Terminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/printable.ts';

const MAX_SHOWN = 20;

const counted = (count: number | bigint, one: string, many = `${one}s`): string =>
  `${count} ${BigInt(count) === 1n ? one : many}`;

/** Prints what an audit came to: what was recomputed, and everything that does not hold. */
export const printReport = (terminal: Terminal, report: AuditReport): void => {
  const { origin, size, root, chains, holes, payloads, anchors, findings, findingCount } = report;
  terminal.line(terminal.style('bold', printable(origin)));
  terminal.line(`  ${counted(size, 'entry', 'entries')} read, root ${toHex(root)}`);
  terminal.line(
    `  ${counted(chains, 'author chain')}, ${counted(holes.missing, 'number')} missing, ${holes.recorded} of them recorded as gaps`,
  );
  terminal.line(
    `  ${counted(payloads.checked, 'payload block')} read and hashed, ${payloads.waiting} not in the content store yet or not asked for`,
  );
  terminal.line(`  ${counted(anchors, 'anchor')} compared`);
  terminal.line();
  for (const { code, where, detail } of findings.slice(0, MAX_SHOWN))
    terminal.line(`  ${terminal.style('red', '✗')} ${where}  ${code}\n      ${printable(detail)}`);
  if (findingCount > MAX_SHOWN)
    terminal.line(`    and ${findingCount - MAX_SHOWN} more (--json lists the first 1,000)`);
  if (findingCount === 0)
    terminal.line(terminal.style('green', 'The log is what its entries make it. Nothing is wrong.'));
  else terminal.line(terminal.style('red', `${counted(findingCount, 'finding')}.`));
};
