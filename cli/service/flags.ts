import { Option, type Command } from 'commander';

/** The service that every command asks when it is told nothing. */
export const DEFAULT_URL = 'http://127.0.0.1:8787';

/** Flags of a command that asks a service. */
export type ServiceFlags = {
  readonly url: string;
  readonly json?: boolean;
};

/** Flags of a command that opens what only the operator may. */
export type OperatorFlags = ServiceFlags & { readonly tokenFile?: string };

export const withServiceFlags = (command: Command): Command =>
  command.option('--url <url>', 'the service', DEFAULT_URL);

export const withOperatorFlags = (command: Command): Command =>
  withServiceFlags(command).addOption(
    new Option('--token-file <file>', "file that holds the operator's token").env('GRIDSEAL_TOKEN_FILE'),
  );

/** ` --url URL` for a command to be printed, unless it is where every command looks. */
export const urlArgument = (url: string): string => (url === DEFAULT_URL ? '' : ` --url ${url}`);
