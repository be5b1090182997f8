import { readNamedFile } from '../read-file.ts';
import { UsageError } from '../usage-error.ts';
import type { OperatorFlags } from './flags.ts';

/** Longest token file that is read: a token has 43 characters. */
const MAX_LENGTH = 4_096;

/** The operator's token and where it came from, for the sentence that says it was refused. */
export type OperatorToken = { readonly token: string; readonly origin: string };

/**
 * The operator's token, from the file named. Never from the command line itself, where every user of the machine and the
 * shell's history would read it.
 *
 * @throws UsageError when there is none
 */
export const readToken = async ({ tokenFile }: OperatorFlags): Promise<OperatorToken> => {
  if (tokenFile === undefined)
    throw new UsageError(
      'this needs the token of the operator: --token-file FILE, or the name of the file in GRIDSEAL_TOKEN_FILE. ' +
        "The service keeps it in keys/api.token of its data folder (.gridseal/keys/api.token after 'npm start')",
    );
  const token = new TextDecoder().decode(await readNamedFile(tokenFile, MAX_LENGTH)).trim();
  if (!/^[\x21-\x7e]+$/u.test(token))
    throw new UsageError(`${tokenFile} holds no token: expected one word of printable characters`);
  return { token, origin: tokenFile };
};
