import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { readTrustFile } from '../shipped-trust.ts';
import { createTerminal, type Progress } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

const PROGRAM = fileURLToPath(new URL('../../backend/restore.ts', import.meta.url));
const BAD_CONFIGURATION = 78;

type RestoreFlags = { readonly trust?: string; readonly json?: boolean };

type Event =
  | { readonly event: 'progress'; readonly size: string; readonly target: string }
  | {
      readonly event: 'restored';
      readonly size: string;
      readonly anchors: number;
      readonly payloads: { readonly found: number; readonly missing: number };
      readonly closedPayloads: number;
      readonly leftOut: readonly { readonly size: string; readonly blockNumber: string }[];
    }
  | { readonly event: 'failed'; readonly code: string; readonly message: string };

/** A line of the program; its own warnings are in between and go to the error output. */
const asEvent = (line: string): Event | undefined => {
  try {
    const event = JSON.parse(line) as Partial<Event>;
    return typeof event.event === 'string' ? (event as Event) : undefined;
  } catch {
    return undefined;
  }
};

const run = async (flags: RestoreFlags): Promise<number> => {
  if (flags.trust === undefined)
    throw new UsageError(
      '--trust FILE says which log it is to be: the trust.json of the service, or a copy of it',
    );
  await readTrustFile(flags.trust);
  const terminal = createTerminal(flags.json === true);
  const child = spawn(process.execPath, [PROGRAM, flags.trust], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let bar: Progress | undefined;
  let shown = 0;
  let last: Event | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = asEvent(line);
    if (event === undefined) process.stderr.write(`${line}\n`);
    else if (event.event !== 'progress') last = event;
    else {
      bar ??= terminal.progress('entries restored', Number(event.target));
      bar.advance(Number(event.size) - shown);
      shown = Number(event.size);
    }
  }
  const [code] = await ended;
  bar?.done();
  if (last === undefined) throw new Error(`restoring ended without a word (exit code ${String(code)})`);
  if (last.event === 'failed') {
    terminal.error(last.message);
    terminal.result({ restored: false, code: last.code, message: last.message });
    return code === BAD_CONFIGURATION ? EXIT.usage : EXIT.failed;
  }
  if (last.event === 'restored') {
    const { size, anchors, payloads, closedPayloads, leftOut } = last;
    terminal.line(`${size} entries of ${anchors} anchors are back; their roots are the anchored ones.`);
    terminal.line(`${payloads.found} payloads are in the content store, ${payloads.missing} are missing.`);
    if (closedPayloads > 0)
      terminal.line(
        `${closedPayloads} payloads stay closed: the keys of their periods are not on this machine.`,
      );
    for (const anchor of leftOut)
      terminal.line(
        `Left out: size ${anchor.size}, anchored in block ${anchor.blockNumber}. No manifest that the log's key signed leads ` +
          'there: either its blocks are missing from the content store, or somebody else anchored it (docs/guide/stolen-key.md).',
      );
    terminal.result({ restored: true, size, anchors, payloads, closedPayloads, leftOut });
  }
  return code === 0 ? EXIT.ok : EXIT.notProven;
};

/** `gridseal restore`. */
export const addRestoreCommand = (program: Command): void => {
  program
    .command('restore')
    .description(
      'Rebuild an empty database from the chain and the content store; run it where the service runs.',
    )
    .option('--trust <file>', 'which log: the trust.json of the service')
    .addHelpText(
      'after',
      '\nReads the same environment as the service: DATA_DIR, DATABASE_URL, RPC_URL, IPFS_API_URL and the key files.\n' +
        'One that was interrupted goes on where it stopped.',
    )
    .action(async (_flags: unknown, command: Command) => {
      process.exitCode = await run(command.optsWithGlobals<RestoreFlags>());
    });
};
