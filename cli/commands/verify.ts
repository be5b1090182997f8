import type { Command } from 'commander';
import {
  LAYERS,
  MAX_BUNDLE_LENGTH,
  ProtocolError,
  readBundle,
  verify,
  type Bundle,
  type LayerName,
  type ReadBundle,
  type Trust,
  type Verdict,
  type VerifyOptions,
} from '@gridseal/protocol';
import { EXIT } from '../exit-codes.ts';
import { foreignSentence, ownFormat } from '../foreign-file.ts';
import { readNamedFile } from '../read-file.ts';
import { findTrust, type TrustSource } from '../shipped-trust.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { checkRaw } from '../verdict/check-raw.ts';
import { printVerdict } from '../verdict/print-verdict.ts';
import { closingSentence, type Context } from '../verdict/sentences.ts';

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

/** What the verifier believes, what a node of its own added to that, and what else that node told. */
type Believed = {
  readonly source: TrustSource;
  readonly answers: Pick<VerifyOptions, 'refusedBlock' | 'notBefore'>;
};

/** Adds what the node answers to the trust; what it refuses becomes a layer's failure. */
const withNode = async (
  source: TrustSource,
  bundle: Bundle,
  rpcUrl: string | undefined,
): Promise<Believed> => {
  if (rpcUrl === undefined || bundle.anchor === null) return { source, answers: {} };
  // What speaks to nodes is half of all code there is, and most files are verified without one.
  const { askAnchorBlock } = await import('@gridseal/sdk/chain/ask-anchor-block');
  const answer = await askAnchorBlock({ rpcUrl, bundle, trust: source.trust });
  const notBefore = answer.notBefore === undefined ? {} : { notBefore: answer.notBefore };
  if (answer.status === 'refused') return { source, answers: { refusedBlock: answer.reason, ...notBefore } };
  const headers = [...source.trust.headers, answer.hash];
  return {
    source: { trust: { ...source.trust, headers }, origin: `${source.origin}, and the node at ${rpcUrl}` },
    answers: notBefore,
  };
};

/** Who owns the author, where a node can be asked and the bundle is one whose author has an owner. */
const ownerOf = async (
  { summary, outcome }: Verdict,
  trust: Trust,
  rpcUrl: string | undefined,
): Promise<Context> => {
  if (rpcUrl === undefined || summary?.enrolment?.purpose !== 'device' || outcome === 'fails') return {};
  const { askOwner } = await import('@gridseal/sdk/chain/ask-owner');
  return { owner: await askOwner({ rpcUrl, trust, identity: summary.author }) };
};

const EXITS = { holds: EXIT.ok, incomplete: EXIT.notAllChecked, fails: EXIT.notProven } as const;

/** The bundle of a file, or undefined where it is none, which is said. */
const readFile = async (file: string, terminal: Terminal): Promise<ReadBundle | undefined> => {
  const bytes = await readNamedFile(file, MAX_BUNDLE_LENGTH);
  try {
    return readBundle(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const text = new TextDecoder().decode(bytes);
    const other = text.includes('gridseal-bundle/') ? undefined : ownFormat(text);
    const sentence = foreignSentence(bytes) ?? (other === undefined ? undefined : `is ${other}`);
    const message = sentence === undefined ? error.message : `it ${sentence}`;
    terminal.result({ bundle: false, code: error.code, field: error.field, message });
    terminal.error(`${file} is not a bundle: ${message}`);
    return undefined;
  }
};

const run = async (file: string, flags: VerifyFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  if (flags.offline === true && flags.rpc !== undefined) {
    throw new UsageError('--offline and --rpc contradict each other');
  }
  const waive = layersOf(flags.waive ?? []);
  const read = await readFile(file, terminal);
  if (read === undefined) return EXIT.notABundle;
  const { bundle, isReformatted } = read;
  const { source, answers } = await withNode(
    await findTrust(flags.trust, bundle.domain.chainId),
    bundle,
    flags.rpc,
  );
  const verdict = verify(bundle, source.trust, { waive, isReformatted, ...answers });
  const context = await ownerOf(verdict, source.trust, flags.rpc);
  printVerdict(terminal, verdict, source.origin, context);
  const raw = flags.raw === undefined ? undefined : await checkRaw(flags.raw, verdict, terminal);
  terminal.result({
    bundle: true,
    trust: source.origin,
    ...verdict,
    ...context,
    sentence: closingSentence(verdict, context),
    ...(raw === undefined ? {} : { raw }),
  });
  return raw?.holds === false ? EXIT.notProven : EXITS[verdict.outcome];
};

/** `gridseal verify`. */
export const addVerifyCommand = (program: Command): void => {
  program
    .command('verify')
    .argument('<bundle>', 'file to verify')
    .description('Say, layer by layer, what a bundle proves.')
    .option('--trust <file>', 'what you believe (default: the deployments shipped with this version)')
    .option('--offline', 'use no network (nor is one used without --rpc)')
    .option('--rpc <url>', "ask this node whether the anchor's block is canonical")
    .option('--raw <file>', 'check that this raw series is the one whose root the disclosed summaries state')
    .option('--waive <layer...>', 'layers to go without, where they are missing')
    .action(async (file: string, _flags: VerifyFlags, command: Command) => {
      process.exitCode = await run(file, command.optsWithGlobals<VerifyFlags>());
    });
};
