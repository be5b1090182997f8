import type { Command } from 'commander';
import { disclose } from '@gridseal/sdk/actions/get-bundle';
import { untilArchived } from '@gridseal/sdk/actions/until-archived';
import { createGridsealClient } from '@gridseal/sdk/http/client';
import { deliver, type DeliveryFlags } from '../evidence/deliver.ts';
import { openBatch } from '../evidence/open-batch.ts';
import { SELECTOR_HELP, indexesNamed } from '../evidence/selectors.ts';
import { waitForAnchor, waitMsOf } from '../evidence/wait-for-anchor.ts';
import { digestNamed } from '../service/digest.ts';
import { withOperatorFlags, type OperatorFlags } from '../service/flags.ts';
import { answered } from '../service/refusal.ts';
import { readToken } from '../service/token.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { withDeliveryFlags } from './bundle.ts';

type DiscloseFlags = OperatorFlags &
  DeliveryFlags & { readonly wait: string; readonly readings: readonly string[] };

const run = async (name: string, flags: DiscloseFlags): Promise<number> => {
  const terminal = createTerminal(flags.json === true);
  const digest = digestNamed(name);
  const waitMs = waitMsOf(flags.wait);
  const operator = await readToken(flags);
  const { token } = operator;
  const client = createGridsealClient({ url: flags.url });
  await waitForAnchor({ client, terminal, digest, waitMs });
  const batch = await openBatch(client, digest, operator);
  const indices = indexesNamed(flags.readings, batch.readings, batch.profile);
  terminal.line(`Opening ${indices.length} of ${batch.readings.length} readings; the others stay closed.\n`);
  const bytes = await answered(
    { url: flags.url, digest, tokenOrigin: operator.origin },
    untilArchived(() => disclose(client, { digest, indices, token }), {
      patienceMs: Math.max(waitMs, 10_000),
    }),
  );
  return deliver({ client, terminal, digest, bytes, flags });
};

/** `gridseal disclose`. */
export const addDiscloseCommand = (program: Command): void => {
  const command = program
    .command('disclose')
    .argument('<digest>', 'the batch, as `gridseal statements` or a receipt names it')
    .description(
      "Get a bundle that opens chosen readings of a batch and no other (needs the operator's token).",
    )
    .requiredOption('--readings <selector...>', 'which readings')
    .addHelpText('after', SELECTOR_HELP);
  withDeliveryFlags(withOperatorFlags(command)).action(
    async (digest: string, _flags: unknown, self: Command) => {
      process.exitCode = await run(digest, self.optsWithGlobals<DiscloseFlags>());
    },
  );
};
