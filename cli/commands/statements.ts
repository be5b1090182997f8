import type { Command } from 'commander';
import { KINDS, type Hex, type KindName } from '@gridseal/protocol';
import { searchStatements, type StatementPage } from '@gridseal/sdk/actions/search-statements';
import { createGridsealClient, type GridsealClient } from '@gridseal/sdk/http/client';
import { momentText } from '../evidence/moment.ts';
import { urlArgument, withServiceFlags, type ServiceFlags } from '../service/flags.ts';
import { publishedSize } from '../service/log-size.ts';
import { answered } from '../service/refusal.ts';
import { printable } from '../terminal/printable.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

type StatementsFlags = ServiceFlags & {
  readonly kind?: string;
  readonly author?: string;
  readonly limit: string;
};

type Filter = { readonly kind: KindName | undefined; readonly author: Hex | undefined };
type Listed = StatementPage['statements'][number];

const PAGE = 1_000;
/** Entries below the newest that are looked through before a rare kind counts as not found. */
const FARTHEST = 100_000n;

const kindNamed = (text: string | undefined): KindName | undefined => {
  if (text === undefined || Object.hasOwn(KINDS, text)) return text as KindName | undefined;
  throw new UsageError(`--kind ${text}: the kinds are ${Object.keys(KINDS).join(', ')}`);
};

const authorNamed = (text: string | undefined): Hex | undefined => {
  if (text === undefined) return undefined;
  const author = text.toLowerCase();
  if (/^0x[0-9a-f]{40}$/u.test(author)) return author as Hex;
  throw new UsageError(`--author ${text}: expected an identity, 0x and 40 digits 0-9 a-f`);
};

const limitNamed = (text: string): number => {
  const limit = Number(text);
  if (/^\d+$/u.test(text) && limit >= 1 && limit <= PAGE) return limit;
  throw new UsageError(`--limit ${text}: expected a whole number from 1 to ${PAGE}`);
};

/** All that a filter finds from a log index on. */
const foundFrom = async (client: GridsealClient, filter: Filter, from: bigint): Promise<Listed[]> => {
  const found: Listed[] = [];
  for (let next: bigint | undefined = from; next !== undefined;) {
    const page: StatementPage = await answered(
      { url: client.url },
      searchStatements(client, { ...filter, fromIndex: next, limit: PAGE }),
    );
    for (const statement of page.statements) found.push(statement);
    next = page.next === null ? undefined : BigInt(page.next);
  }
  return found;
};

/** The newest statements, newest first: the log is searched upwards, from ever farther below its end. */
const newest = async (client: GridsealClient, filter: Filter, limit: number): Promise<readonly Listed[]> => {
  const size = await publishedSize(client);
  for (let depth = BigInt(Math.max(limit, 100)); ; depth *= 8n) {
    const from = size > depth ? size - depth : 0n;
    const found = await foundFrom(client, filter, from);
    if (found.length >= limit || from === 0n || depth >= FARTHEST) return found.slice(-limit).toReversed();
  }
};

const run = async (flags: StatementsFlags): Promise<void> => {
  const terminal = createTerminal(flags.json === true);
  const filter = { kind: kindNamed(flags.kind), author: authorNamed(flags.author) };
  const limit = limitNamed(flags.limit);
  const statements = await newest(createGridsealClient({ url: flags.url }), filter, limit);
  for (const { index, digest, kind, author, timeMs } of statements) {
    terminal.line(
      `${terminal.style('bold', printable(kind ?? 'unknown kind'))} of ${author}, entry ${index}, signed ${momentText(BigInt(timeMs))}`,
    );
    terminal.line(`  ${digest}`);
  }
  const [first] = statements;
  terminal.line(
    first === undefined
      ? 'No such statement is in the log yet.'
      : `\nThe file that proves one: npx gridseal bundle ${first.digest}${urlArgument(flags.url)}`,
  );
  terminal.result({ statements });
};

/** `gridseal statements`. */
export const addStatementsCommand = (program: Command): void => {
  const command = program
    .command('statements')
    .description('List the newest statements of the log with their digests.')
    .option('--kind <kind>', 'only of this kind, TelemetryBatch for one')
    .option('--author <identity>', 'only of this device or operator')
    .option('--limit <count>', 'how many', '10');
  withServiceFlags(command).action(async (_flags: unknown, self: Command) => {
    await run(self.optsWithGlobals<StatementsFlags>());
  });
};
