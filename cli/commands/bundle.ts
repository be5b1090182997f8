import type { Command } from 'commander';
import { getBundle } from '@gridseal/sdk/actions/get-bundle';
import { untilArchived } from '@gridseal/sdk/actions/until-archived';
import { createGridsealClient } from '@gridseal/sdk/http/client';
import { deliver, type DeliveryFlags } from '../evidence/deliver.ts';
import { waitForAnchor, waitMsOf } from '../evidence/wait-for-anchor.ts';
import { digestNamed } from '../service/digest.ts';
import { withServiceFlags, type ServiceFlags } from '../service/flags.ts';
import { answered } from '../service/refusal.ts';
import { createTerminal } from '../terminal/terminal.ts';

type BundleFlags = ServiceFlags & DeliveryFlags & { readonly wait: string };

/** Flags of a command that waits for an anchor and leaves a bundle. */
export const withDeliveryFlags = (command: Command): Command =>
  command
    .option('--out <file>', 'where the bundle is written (default: DIGEST.bundle.json)')
    .option('--trust <file>', 'what you believe (default: what the service says of itself)')
    .option('--trust-out <file>', 'write what the bundle was judged by, for `gridseal verify --trust`')
    .option('--rpc <url>', "ask this node whether the anchor's block is canonical, and pin the block")
    .option('--wait <seconds>', 'how long to wait for the anchor', '120');

const run = async (name: string, flags: BundleFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  const digest = digestNamed(name);
  const waitMs = waitMsOf(flags.wait);
  const client = createGridsealClient({ url: flags.url });
  await waitForAnchor({ client, terminal, digest, waitMs });
  const bytes = await answered(
    { url: flags.url, digest },
    untilArchived(() => getBundle(client, { digest }), { patienceMs: Math.max(waitMs, 10_000) }),
  );
  return deliver({ client, terminal, digest, bytes, flags });
};

/** `gridseal bundle`. */
export const addBundleCommand = (program: Command): void => {
  const command = program
    .command('bundle')
    .argument('<digest>', 'the statement, as `gridseal statements` or a receipt names it')
    .description('Get the file that proves a statement, waiting for its anchor, and verify it.');
  withDeliveryFlags(withServiceFlags(command)).action(
    async (digest: string, _flags: unknown, self: Command) => {
      process.exitCode = await run(digest, self.optsWithGlobals<BundleFlags>());
    },
  );
};
