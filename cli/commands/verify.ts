import type { Command } from 'commander';
import {
  LAYERS,
  MAX_BUNDLE_LENGTH,
  ProtocolError,
  decodeBundle,
  verify,
  type Bundle,
  type LayerName,
  type VerifyOptions,
} from '@gridseal/protocol';
import { EXIT } from '../exit-codes.ts';
import { readNamedFile } from '../read-file.ts';
import { findTrust, type TrustSource } from '../shipped-trust.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { checkRaw } from '../verdict/check-raw.ts';
import { printOutcome, printVerdict } from '../verdict/print-verdict.ts';

type VerifyFlags = {
  readonly offline?: boolean;
  readonly rpc?: string;
  readonly trust?: string;
  readonly waive?: readonly string[];
  readonly raw?: string;
  readonly json?: boolean;
};

const layersOf = (names: readonly string[]): LayerName[] =>
  names.map((name) => {
    const layer = LAYERS.find((each) => each === name);
    if (layer === undefined) throw new UsageError(`--waive ${name}: the layers are ${LAYERS.join(', ')}`);
    return layer;
  });

/** Adds what the node answers to the trust; what it refuses becomes the chain layer's failure. */
const withNode = async (
  source: TrustSource,
  bundle: Bundle,
  rpcUrl: string | undefined,
): Promise<{ readonly source: TrustSource; readonly refusal: Pick<VerifyOptions, 'refusedBlock'> }> => {
  if (rpcUrl === undefined || bundle.anchor === null) return { source, refusal: {} };
  // What speaks to nodes is half of all code there is, and most files are verified without one.
  const { askAnchorBlock } = await import('@gridseal/sdk/chain/ask-anchor-block');
  const answer = await askAnchorBlock({ rpcUrl, bundle, trust: source.trust });
  if (answer.status === 'refused') return { source, refusal: { refusedBlock: answer.reason } };
  const headers = [...source.trust.headers, answer.hash];
  return {
    source: { trust: { ...source.trust, headers }, origin: `${source.origin}, and the node at ${rpcUrl}` },
    refusal: {},
  };
};

const run = async (file: string, flags: VerifyFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  if (flags.offline === true && flags.rpc !== undefined) {
    throw new UsageError('--offline and --rpc contradict each other');
  }
  const waive = layersOf(flags.waive ?? []);
  const bytes = await readNamedFile(file, MAX_BUNDLE_LENGTH);
  let bundle: Bundle;
  try {
    bundle = decodeBundle(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    terminal.result({ bundle: false, code: error.code, field: error.field, message: error.message });
    terminal.error(`${file} is not a bundle: ${error.message}`);
    return EXIT.notABundle;
  }
  const { source, refusal } = await withNode(
    await findTrust(flags.trust, bundle.domain.chainId),
    bundle,
    flags.rpc,
  );
  const verdict = verify(bundle, source.trust, { waive, offline: flags.offline === true, ...refusal });
  printVerdict(terminal, verdict, source.origin);
  printOutcome(terminal, verdict);
  if (source.origin.startsWith('shipped deployment of chain 31337')) {
    terminal.line('Chain 31337 runs on public development keys: this says nothing about the real world.');
  }
  const raw = flags.raw === undefined ? undefined : await checkRaw(flags.raw, verdict, terminal);
  terminal.result({ bundle: true, trust: source.origin, ...verdict, ...(raw === undefined ? {} : { raw }) });
  return verdict.holds && raw?.holds !== false ? EXIT.ok : EXIT.notProven;
};

/** `gridseal verify`. */
export const addVerifyCommand = (program: Command): void => {
  program
    .command('verify')
    .argument('<bundle>', 'file to verify')
    .description('Say, layer by layer, what a bundle proves.')
    .option('--trust <file>', 'what you believe (default: the deployments shipped with this version)')
    .option('--offline', 'use no network; what only the chain can show may stay unchecked')
    .option('--rpc <url>', "ask this node whether the anchor's block is canonical")
    .option('--raw <file>', 'check that this raw series is the one whose root the disclosed summaries state')
    .option('--waive <layer...>', 'layers to go without, where they are missing')
    .action(async (file: string, _flags: VerifyFlags, command: Command) => {
      process.exitCode = await run(file, command.optsWithGlobals<VerifyFlags>());
    });
};
