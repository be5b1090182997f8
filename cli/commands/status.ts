import type { Command } from 'commander';
import { getHealth, type ServiceHealth } from '@gridseal/sdk/actions/get-health';
import { getTrust } from '@gridseal/sdk/actions/get-trust';
import { newestAnchors, type ServiceAnchor } from '@gridseal/sdk/actions/newest-anchors';
import { createGridsealClient } from '@gridseal/sdk/http/client';
import { durationText } from '../evidence/duration.ts';
import { momentText } from '../evidence/moment.ts';
import { EXIT } from '../exit-codes.ts';
import { countText, figureText } from '../service/figures.ts';
import { withServiceFlags, type ServiceFlags } from '../service/flags.ts';
import { answered } from '../service/refusal.ts';
import { printable } from '../terminal/printable.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';

const COLOURS = { ok: 'green', degraded: 'yellow', failing: 'red' } as const;

/** Anchors that are looked through for the newest that the chain took. */
const LOOKED_THROUGH = 20;

const figure = ({ parts }: ServiceHealth, part: string, name: string): number | undefined =>
  parts[part]?.figures?.[name];

const logLine = (health: ServiceHealth): string => {
  const size = figure(health, 'sequencer', 'logSize');
  const pending = figure(health, 'sequencer', 'pendingStatements') ?? 0;
  return `${size === undefined ? 'its size is not known' : `${countText(size)} entries`}, ${countText(pending)} statements on their way into it`;
};

const anchorLine = (anchors: readonly ServiceAnchor[]): string => {
  const newest = anchors.find(({ block }) => block !== null);
  if (newest?.block === undefined || newest.block === null) return 'the chain has taken none yet';
  const { size, block, final } = newest;
  const at = momentText(BigInt(block.time) * 1_000n);
  return `the newest covers ${countText(Number(size))} entries: block ${block.number}, ${at}, ${final ? 'final' : 'not final yet'}`;
};

const waitingLine = (health: ServiceHealth): string => {
  const entries = figure(health, 'anchor', 'unanchoredEntries');
  const oldest = figure(health, 'anchor', 'oldestUnanchoredMs');
  if (entries === undefined || oldest === undefined) return 'not known';
  return entries === 0
    ? 'no entry waits for an anchor'
    : `${countText(entries)} entries wait for an anchor, the oldest for ${durationText(oldest)}`;
};

const chainLine = (health: ServiceHealth, chainId: string): string => {
  const head = figure(health, 'chain', 'headBlock');
  const lag = figure(health, 'chain', 'lagBlocks') ?? 0;
  const followed = head === undefined ? 'not followed' : `followed to block ${head}`;
  return `${chainId}, ${followed}${lag > 0 ? `, ${countText(lag)} blocks behind` : ''}`;
};

const printParts = (terminal: Terminal, { parts }: ServiceHealth): void => {
  const width = Object.keys(parts).reduce((most, { length }) => Math.max(most, length), 0);
  for (const [name, { status, detail, figures }] of Object.entries(parts)) {
    const told = Object.entries(figures ?? {}).map(([each, value]) => figureText(each, value));
    const state = terminal.style(COLOURS[status], status.padEnd(8));
    terminal.line(`  ${name.padEnd(width)}  ${state}  ${told.join(', ')}`.trimEnd());
    if (detail !== undefined) terminal.line(`  ${' '.repeat(width)}            ${printable(detail)}`);
  }
};

const SAYINGS = {
  ok: 'Every part works.',
  degraded: 'It works, with a delay or without a comfort; the parts say why.',
  failing: 'A part does not work; the parts say why.',
} as const;

const run = async (flags: ServiceFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  const client = createGridsealClient({ url: flags.url });
  const asked = { url: flags.url };
  const health = await answered(asked, getHealth(client));
  const [{ chainId }, anchors] = await Promise.all([
    answered(asked, getTrust(client)),
    answered(asked, newestAnchors(client, { limit: LOOKED_THROUGH })),
  ]);
  const { status, version, uptimeSeconds } = health;
  terminal.line(
    `Gridseal ${printable(version)} at ${client.url}, running for ${durationText(uptimeSeconds * 1_000)}`,
  );
  terminal.line(`  log       ${logLine(health)}`);
  terminal.line(`  anchors   ${anchorLine(anchors)}`);
  terminal.line(`  waiting   ${waitingLine(health)}`);
  terminal.line(`  chain     ${chainLine(health, chainId)}\n`);
  printParts(terminal, health);
  terminal.line(`\n${terminal.style(COLOURS[status], SAYINGS[status])}`);
  terminal.result({ url: client.url, chainId, ...health, newestAnchors: anchors });
  return status === 'ok' ? EXIT.ok : EXIT.notProven;
};

/** `gridseal status`. */
export const addStatusCommand = (program: Command): void => {
  const command = program
    .command('status')
    .description('Say how a service fares: its log, its anchors, its chain and every part.');
  withServiceFlags(command).action(async (_flags: unknown, self: Command) => {
    process.exitCode = await run(self.optsWithGlobals<ServiceFlags>());
  });
};
