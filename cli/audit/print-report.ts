import { toHex } from '@gridseal/protocol';
import type { AbandonedAnchors } from '@gridseal/sdk/audit/anchors-over-epochs';
import type { AuditReport } from '@gridseal/sdk/audit/audit';
import type { Terminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/printable.ts';

const MAX_SHOWN = 20;

const counted = (count: number | bigint, one: string, many = `${one}s`): string =>
  `${count} ${BigInt(count) === 1n ? one : many}`;

/** What an audit was not given to check, each with what to do about it. */
export const uncheckedOf = (
  { payloads }: AuditReport,
  given: { readonly trust: boolean; readonly rpc: boolean; readonly payloads: boolean },
): readonly string[] => [
  ...(given.trust ? [] : ["the log's key and operator are what the service says of itself: --trust FILE"]),
  ...(given.rpc ? [] : ['no anchor was compared with the chain: --rpc URL']),
  ...(given.payloads ? [] : ['payload blocks were left unread: leave out --no-payloads']),
  ...(given.payloads && payloads.waiting > 0
    ? [`${counted(payloads.waiting, 'payload block')} not in the content store yet: ask again later`]
    : []),
];

/**
 * Prints what an audit came to: first what was not checked, then what was recomputed, and everything that does not hold.
 *
 * @param unchecked of {@link uncheckedOf}
 */
export const printReport = (
  terminal: Terminal,
  report: AuditReport,
  unchecked: readonly string[],
  abandoned: readonly AbandonedAnchors<{ readonly size: bigint }>[],
): void => {
  const { origin, size, root, chains, holes, payloads, anchors, findings, findingCount } = report;
  if (unchecked.length > 0) terminal.line(terminal.style('yellow', 'Not everything was checked:'));
  for (const each of unchecked) terminal.line(terminal.style('yellow', `  – ${each}`));
  terminal.line(terminal.style('bold', printable(origin)));
  terminal.line(`  ${counted(size, 'entry', 'entries')} read, root ${toHex(root)}`);
  terminal.line(
    `  ${counted(chains, 'author chain')}, ${counted(holes.missing, 'number')} missing, ${holes.recorded} of them recorded as gaps`,
  );
  terminal.line(
    `  ${counted(payloads.checked, 'payload block')} read and hashed, ${payloads.waiting} not in the content store yet or not asked for`,
  );
  terminal.line(`  ${counted(anchors, 'anchor')} compared`);
  for (const { epoch, from, anchors: lost } of abandoned)
    terminal.line(
      `  epoch ${epoch} was abandoned from entry ${from} on: ${counted(lost.length, 'anchor')} of it, up to size ` +
        `${lost.reduce((most, { size: one }) => (one > most ? one : most), 0n)}, say nothing of the log`,
    );
  terminal.line();
  for (const { code, where, detail } of findings.slice(0, MAX_SHOWN))
    terminal.line(`  ${terminal.style('red', '✗')} ${where}  ${code}\n      ${printable(detail)}`);
  if (findingCount > MAX_SHOWN)
    terminal.line(`    and ${findingCount - MAX_SHOWN} more (--json lists the first 1,000)`);
  if (findingCount === 0 && unchecked.length === 0)
    terminal.line(terminal.style('green', 'The log is what its entries make it. Nothing is wrong.'));
  else if (findingCount === 0)
    terminal.line(
      terminal.style(
        'yellow',
        'Nothing is wrong in what was checked. Not everything was: see the first lines.',
      ),
    );
  else terminal.line(terminal.style('red', `${counted(findingCount, 'finding')}.`));
};
