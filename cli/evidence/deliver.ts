import { relative } from 'node:path';
import { ProtocolError, type Hex } from '@gridseal/protocol';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printVerdict } from '../verdict/print-verdict.ts';
import { judge, trustFor, type Judged } from './judge.ts';
import { writeNamedFile, writeTrust } from './written-files.ts';

/** Flags of a command that leaves a bundle. */
export type DeliveryFlags = {
  readonly out?: string;
  readonly trust?: string;
  readonly trustOut?: string;
  readonly rpc?: string;
};

const quoted = (file: string): string => (/^[\w./@%+=:,-]+$/u.test(file) ? file : `'${file}'`);

const nextSteps = (terminal: Terminal, file: string, flags: DeliveryFlags, { trust }: Judged): void => {
  const trustFile = flags.trustOut ?? flags.trust;
  terminal.line(`Written: ${file}`);
  if (flags.trustOut !== undefined) terminal.line(`Written: ${flags.trustOut}, what it was judged by`);
  terminal.line('Whoever gets it verifies it, with a trust file that they have from someone they trust:');
  terminal.line(
    `  npx gridseal verify ${quoted(file)} --trust ${quoted(trustFile ?? 'trust.json')} --offline`,
  );
  if (trust.headers.length === 0 || flags.trustOut === undefined)
    terminal.line(
      'Unless their trust file pins it, that leaves unchecked whether the block of the anchor is canonical: --rpc URL instead of --offline asks a node.',
    );
};

/**
 * Verifies a bundle that was received, says what it proves and writes it. One that fails is not written.
 *
 * @returns the exit code
 */
export const deliver = async (options: {
  readonly client: GridsealClient;
  readonly terminal: Terminal;
  readonly digest: Hex;
  readonly bytes: Uint8Array;
  readonly flags: DeliveryFlags;
}): Promise<number> => {
  const { client, terminal, digest, bytes, flags } = options;
  const file = flags.out ?? `${digest}.bundle.json`;
  let judged: Judged;
  try {
    judged = await judge(bytes, await trustFor(client, flags.trust), flags.rpc);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    terminal.result({ written: false, code: error.code, message: error.message });
    terminal.error(`gridseal: what ${client.url} answered is not a bundle: ${error.message}`);
    return EXIT.notProven;
  }
  const { verdict, origin, trust } = judged;
  const fails = verdict.outcome === 'fails';
  const isOther = verdict.summary !== undefined && verdict.summary.digest !== digest;
  printVerdict(terminal, verdict, origin);
  if (fails || isOther) {
    terminal.result({ written: false, trust: origin, ...verdict });
    terminal.error(
      isOther
        ? `gridseal: nothing is written: ${client.url} answered with another statement, ${verdict.summary.digest}`
        : 'gridseal: nothing is written: what the service answered does not verify',
    );
    return EXIT.notProven;
  }
  // The trust first: whoever has the bundle shall not find the other file refused.
  if (flags.trustOut !== undefined) await writeTrust(flags.trustOut, trust);
  await writeNamedFile(file, bytes);
  terminal.line();
  nextSteps(terminal, relative(process.cwd(), file) || file, flags, judged);
  terminal.result({
    written: true,
    file,
    ...(flags.trustOut === undefined ? {} : { trustFile: flags.trustOut }),
    trust: origin,
    ...verdict,
  });
  return verdict.outcome === 'holds' ? EXIT.ok : EXIT.notAllChecked;
};
