import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';

type Meanings = Readonly<Record<number, string>>;

const REACHED = 'the service refused, or could not be reached';
const NOT_ALL = 'nothing contradicts it, and not everything was checked: the first lines say what was not';
const USAGE = 'the command line, or a file named on it, is wrong';

/** Commands that ask a service and need no code of their own. */
const ASKS: Meanings = { [EXIT.ok]: 'done', [EXIT.failed]: REACHED, [EXIT.usage]: USAGE };

const DELIVERS: Meanings = {
  ...ASKS,
  [EXIT.ok]: 'the bundle is written, and everything that is required was checked and holds',
  [EXIT.notProven]: 'what the service gave does not verify; nothing is written',
  [EXIT.failed]: 'the service refused, could not be reached, or the statement is not anchored yet',
  [EXIT.notAllChecked]:
    'the bundle is written; nothing contradicts it, and not everything was checked (see --rpc)',
};

const PROVES: Meanings = {
  ...ASKS,
  [EXIT.ok]: 'proven, by the key given with --key',
  [EXIT.notProven]: 'not proven',
  [EXIT.notAllChecked]: 'proven by the key that the service itself shows: nobody else vouches for it',
};

const ADMINISTERS: Meanings = {
  ...ASKS,
  [EXIT.notProven]: 'what is proposed is no state of the log, or the served log contradicts itself',
  [EXIT.failed]:
    'the contract refused (the reason is printed), or the chain or the service could not be reached',
};

const PROMISES: Meanings = {
  ...ASKS,
  [EXIT.notProven]: 'the promise is broken, or no anchor answers the challenge',
  [EXIT.failed]: 'the service or the chain refused, or could not be reached',
};

/** What a command ends with, by the words that call it. A command that is not listed ends with 0, 3 or 4. */
const MEANINGS: Readonly<Record<string, Meanings>> = {
  verify: {
    [EXIT.ok]: 'every required layer was checked and holds',
    [EXIT.notProven]: 'a required layer fails or is missing',
    [EXIT.notABundle]: 'the file is not a bundle',
    [EXIT.failed]: 'the node could not be asked',
    [EXIT.usage]: USAGE,
    [EXIT.notAllChecked]: NOT_ALL,
  },
  bundle: DELIVERS,
  disclose: DELIVERS,
  receipt: {
    ...ASKS,
    [EXIT.ok]: "the receipt is the operator's",
    [EXIT.notProven]: 'the receipt does not hold',
  },
  status: {
    ...ASKS,
    [EXIT.ok]: 'every part works',
    [EXIT.notProven]: 'a part is degraded or failing',
  },
  fsck: {
    ...ASKS,
    [EXIT.ok]: 'everything was checked, and nothing is wrong',
    [EXIT.notProven]: 'something is wrong with the log',
    [EXIT.notAllChecked]: NOT_ALL,
  },
  restore: {
    [EXIT.ok]: 'restored',
    [EXIT.notProven]: 'restored, but payloads are missing, or anchors were left out',
    [EXIT.failed]: 'the chain or the content store refused, or could not be reached',
    [EXIT.usage]: 'the command line, the environment, or the trust file is wrong',
  },
  'log checkpoint': PROVES,
  'log inclusion': PROVES,
  'log consistency': PROVES,
  'log epoch show': ADMINISTERS,
  'log epoch propose': ADMINISTERS,
  'log epoch approve': ADMINISTERS,
  'log epoch start': ADMINISTERS,
  'promise show': PROMISES,
  'promise challenge': PROMISES,
  'promise answer': PROMISES,
  'promise conclude': PROMISES,
  'device create': { [EXIT.ok]: 'done', [EXIT.usage]: USAGE },
};

const textOf = (meanings: Meanings): string =>
  Object.entries(meanings)
    .map(([code, meaning]) => `  ${code}  ${meaning}`)
    .join('\n');

/** Adds the exit codes to the help of every command below this one. */
export const addExitCodes = (parent: Command, path: readonly string[] = []): void => {
  for (const command of parent.commands) {
    const words = [...path, command.name()];
    if (command.commands.length > 0) addExitCodes(command, words);
    else command.addHelpText('after', `\nExit codes:\n${textOf(MEANINGS[words.join(' ')] ?? ASKS)}`);
  }
};
