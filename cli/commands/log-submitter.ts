import type { Command } from 'commander';
import { addSubmitter, removeSubmitter, type Sender } from '@gridseal/sdk';
import type { Hex } from '@gridseal/protocol';
import { openLogOnChain, openSender, type ChainFlags, type LogOnItsChain } from '../log/on-chain.ts';
import { UsageError } from '../usage-error.ts';

const addressOf = (text: string): Hex => {
  if (!/^0x[0-9a-f]{40}$/iu.test(text)) throw new UsageError(`an address is 0x and 40 hex digits: ${text}`);
  return text.toLowerCase() as Hex;
};

/** `gridseal log submitter add | remove`. @param withChain adds the options of a command that asks the chain */
export const addSubmitterCommands = (log: Command, withChain: (command: Command) => Command): void => {
  const submitter = log
    .command('submitter')
    .description('Say which accounts may anchor the log. Only its owner can.');
  const add = (
    name: string,
    text: string,
    done: string,
    change: (sender: Sender, on: LogOnItsChain, account: Hex) => Promise<Hex>,
  ): void => {
    withChain(submitter.command(name).argument('<address>').description(text)).action(
      async (address: string, _flags: unknown, command: Command) => {
        const account = addressOf(address);
        const on = await openLogOnChain(command.optsWithGlobals<ChainFlags>());
        const transactionHash = await change(await openSender(on), on, account);
        on.terminal.line(`${account} ${done}.`);
        on.terminal.result({ logId: on.logId, account, transactionHash });
      },
    );
  };
  add('add', 'Let an account anchor.', 'may anchor the log', addSubmitter);
  add('remove', 'Let an account anchor no longer.', 'may anchor the log no longer', removeSubmitter);
};
