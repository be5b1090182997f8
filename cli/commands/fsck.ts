import type { Command } from 'commander';
import { z } from 'zod';
import { developmentOf, domainOf, fromHex, parseVerifierKey, toHex, type Trust } from '@gridseal/protocol';
import { createGridsealClient, getTrust, type GridsealClient } from '@gridseal/sdk';
import { anchorsOverEpochs } from '@gridseal/sdk/audit/anchors-over-epochs';
import { auditLog, type AuditReport } from '@gridseal/sdk/audit/audit';
import { createHttpSource } from '@gridseal/sdk/audit/http-source';
import { listAnchors } from '@gridseal/sdk/chain/list-anchors';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import { printReport, uncheckedOf } from '../audit/print-report.ts';
import { openStateFile } from '../audit/state-file.ts';
import { EXIT } from '../exit-codes.ts';
import { readTrustFile, type TrustSource } from '../shipped-trust.ts';
import { capital } from '../terminal/printable.ts';
import { createTerminal, type Progress } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

const HEALTH_TIMEOUT_MS = 10_000;

type FsckFlags = {
  readonly url: string;
  readonly trust?: string;
  readonly rpc?: string;
  readonly state?: string;
  readonly payloads: boolean;
  readonly json?: boolean;
};

const trustOf = async (client: GridsealClient, file: string | undefined): Promise<TrustSource> =>
  file === undefined
    ? { trust: await getTrust(client), origin: 'the service itself: name a file of your own with --trust' }
    : readTrustFile(file);

const onlyLog = ({ logs }: Trust): Trust['logs'][number] => {
  const [log, ...others] = logs;
  if (log === undefined || others.length > 0)
    throw new UsageError(`the trust names ${logs.length} logs, and one is audited at a time`);
  return log;
};

/** The key that signs the log now: the one whose range has no end. */
const newestKey = ({ noteKeys }: Trust['logs'][number]) => {
  const found = noteKeys.find(({ to }) => to === null) ?? noteKeys.at(-1);
  if (found === undefined) throw new UsageError('the trust names no key of the log');
  return parseVerifierKey(found.key);
};

const anchorsOf = async (rpcUrl: string | undefined, trust: Trust) =>
  anchorsOverEpochs(
    rpcUrl === undefined ? [] : await listAnchors({ rpcUrl, trust, logId: onlyLog(trust).logId }),
  );

const run = async (flags: FsckFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  const client = createGridsealClient({ url: flags.url });
  const { trust, origin } = await trustOf(client, flags.trust);
  const log = onlyLog(trust);
  const key = newestKey(log);
  const { primitives, missing } = await loadPrimitives();
  for (const { build, substitute } of missing)
    terminal.error(`no native build of ${build} for this platform: ${substitute} is slower`);
  const state = flags.state === undefined ? undefined : openStateFile(flags.state, key.name);
  const resume = await state?.read();
  terminal.line(terminal.style('dim', `trust  ${origin}`));
  if (resume !== undefined) terminal.line(terminal.style('dim', `state  goes on at entry ${resume.size}`));

  const { kept, abandoned } = await anchorsOf(flags.rpc, trust);
  let bar: Progress | undefined;
  let shown = 0n;
  const report: AuditReport = await auditLog({
    source: createHttpSource(client, () =>
      Promise.resolve(kept.map(({ size, root }) => ({ size, root: fromHex(root) }))),
    ),
    key,
    domain: domainOf({
      chainId: BigInt(trust.chainId),
      evidenceLog: fromHex(trust.evidenceLog.address),
      logId: fromHex(log.logId),
    }),
    operator: fromHex(log.operator),
    primitives,
    payloads: flags.payloads ? 'read' : 'skip',
    resume,
    onProgress: ({ done, size }) => {
      bar ??= terminal.progress('entries recomputed', Number(size));
      bar.advance(Number(done - shown));
      shown = done;
    },
    ...(state === undefined ? {} : { onState: state.write }),
  });
  bar?.done();
  await state?.remove();
  const store = flags.payloads ? await damagedStore(flags.url) : undefined;
  const unchecked = uncheckedOf(report, {
    trust: flags.trust !== undefined,
    rpc: flags.rpc !== undefined,
    payloads: flags.payloads,
  });
  printReport(terminal, report, unchecked, abandoned);
  if (store !== undefined) terminal.line(`${terminal.style('red', 'blockstore')}  ${store}`);
  const development = developmentOf(trust);
  if (development !== undefined)
    terminal.line(
      terminal.style('yellow', `${capital(development)}: this says nothing about the real world.`),
    );
  const clean = report.findingCount === 0 && store === undefined;
  terminal.result({
    clean,
    unchecked,
    trust: origin,
    ...(development === undefined ? {} : { development }),
    ...report,
    ...(store === undefined ? {} : { store }),
    root: toHex(report.root),
    abandoned,
  });
  if (!clean) return EXIT.notProven;
  return unchecked.length > 0 ? EXIT.notAllChecked : EXIT.ok;
};

/** What the service says of its own blockstore, where it is not well: damaged packs, which no block read alone can name. */
const damagedStore = async (url: string): Promise<string | undefined> => {
  // Answered with 503 while a part fails.
  const answer = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
  // A mirror serves the log and knows nothing of its store.
  if (!(answer.headers.get('Content-Type') ?? '').includes('json')) return undefined;
  const { success, data } = z
    .object({ parts: z.object({ blockstore: z.object({ detail: z.string().optional() }).optional() }) })
    .safeParse(await answer.json());
  return success ? data.parts.blockstore?.detail : undefined;
};

/** `gridseal fsck`. */
export const addFsckCommand = (program: Command): void => {
  program
    .command('fsck')
    .description(
      'Read a whole log and recompute it: entries, tiles, signatures, author chains, payloads, anchors.',
    )
    .option('--url <url>', 'the service', 'http://127.0.0.1:8787')
    .option('--trust <file>', 'what you believe (default: what the service says of itself)')
    .option('--rpc <url>', "compare every anchor with this node's chain")
    .option('--state <file>', 'keep how far it has come here, and go on from it')
    .option('--no-payloads', 'leave payload blocks unread')
    .action(async (_flags: unknown, command: Command) => {
      process.exitCode = await run(command.optsWithGlobals<FsckFlags>());
    });
};
