import type { Command } from 'commander';
import { ProtocolError, fromHex, toHex, equal } from '@gridseal/protocol';
import { getReceipt, type StagedReceipt } from '@gridseal/sdk/actions/get-receipt';
import { SdkError } from '@gridseal/sdk/errors';
import { createGridsealClient } from '@gridseal/sdk/http/client';
import { parseSignedReceipt, requireReceipt } from '@gridseal/sdk/promise/signed-receipt';
import { trustFor } from '../evidence/judge.ts';
import { momentText } from '../evidence/moment.ts';
import { waitingText } from '../evidence/wait-for-anchor.ts';
import { writeNamedFile } from '../evidence/written-files.ts';
import { EXIT } from '../exit-codes.ts';
import { digestNamed } from '../service/digest.ts';
import { withServiceFlags, type ServiceFlags } from '../service/flags.ts';
import { answered } from '../service/refusal.ts';
import type { TrustSource } from '../shipped-trust.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';

type ReceiptFlags = ServiceFlags & { readonly trust?: string; readonly out?: string };

/** Why a receipt is not the operator's promise for this statement; undefined when it is. */
const wrongWith = (staged: StagedReceipt, digest: string, { trust }: TrustSource): string | undefined => {
  try {
    const signed = parseSignedReceipt(JSON.stringify(staged.accepted));
    if (!equal(signed.receipt.digest, fromHex(staged.digest)) || staged.digest !== digest)
      return `it is of another statement, ${toHex(signed.receipt.digest)}`;
    requireReceipt(signed, trust);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SdkError) return error.message;
    throw error;
  }
};

const print = (terminal: Terminal, staged: StagedReceipt, origin: string): void => {
  const { digest, accepted, sequenced, cosigned, anchored } = staged;
  terminal.line(`Statement  ${digest}`);
  terminal.line(`Taken      ${momentText(BigInt(accepted.receiptTimeMs))} (the operator's clock)`);
  terminal.line(`Promised   an anchor by ${momentText(BigInt(accepted.deadline) * 1_000n)}`);
  terminal.line(`In the log ${sequenced === null ? 'not yet' : `at index ${sequenced.index}`}`);
  if (cosigned !== null) terminal.line('Cosigned   by a quorum of witnesses');
  if (anchored === null) terminal.line('Anchored   not yet');
  else {
    const { blockNumber, blockTime, final } = anchored;
    const depth = final ? 'final' : 'not final yet';
    terminal.line(
      `Anchored   in block ${blockNumber}, ${momentText(BigInt(blockTime) * 1_000n)}, ${depth} (the service says so; a bundle proves it)`,
    );
  }
  terminal.line(terminal.style('dim', `trust      ${origin}`));
  terminal.line();
  terminal.line(terminal.style('green', 'The operator of the log signed this receipt.'));
  if (anchored === null) terminal.line(`Of the statement: ${waitingText(staged, Date.now())}.`);
};

const run = async (name: string, flags: ReceiptFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  const digest = digestNamed(name);
  const client = createGridsealClient({ url: flags.url });
  const staged = await answered({ url: flags.url, digest }, getReceipt(client, { digest }));
  const source = await trustFor(client, flags.trust);
  const wrong = wrongWith(staged, digest, source);
  if (wrong !== undefined) {
    terminal.result({ verified: false, message: wrong, trust: source.origin, ...staged });
    terminal.error(`gridseal: the receipt of ${digest} does not hold: ${wrong}`);
    return EXIT.notProven;
  }
  print(terminal, staged, source.origin);
  if (flags.out !== undefined) {
    await writeNamedFile(flags.out, `${JSON.stringify(staged.accepted)}\n`);
    terminal.line(`Written: ${flags.out}. With it 'gridseal promise' holds the operator to it.`);
  }
  terminal.result({ verified: true, trust: source.origin, ...staged });
  return EXIT.ok;
};

/** `gridseal receipt`. */
export const addReceiptCommand = (program: Command): void => {
  const command = program
    .command('receipt')
    .argument('<digest>', 'the statement')
    .description("Show how far a statement has come, and check the operator's signature on its receipt.")
    .option('--trust <file>', 'what you believe (default: what the service says of itself)')
    .option('--out <file>', 'keep the receipt, for `gridseal promise`');
  withServiceFlags(command).action(async (digest: string, _flags: unknown, self: Command) => {
    process.exitCode = await run(digest, self.optsWithGlobals<ReceiptFlags>());
  });
};
