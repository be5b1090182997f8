import type { Command } from 'commander';
import {
  MerkleError,
  ProtocolError,
  TlogError,
  equal,
  toHex,
  verifyConsistency,
  verifyInclusion,
  type Checkpoint,
  type Hex,
} from '@gridseal/protocol';
import { getReceipt } from '@gridseal/sdk/actions/get-receipt';
import { createGridsealClient, type GridsealClient } from '@gridseal/sdk/http/client';
import { EXIT } from '../exit-codes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { fetchLog, type LogTiles } from '../log/tiles.ts';
import { NotProvenError } from '../not-proven-error.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { addEpochCommands } from './log-epoch.ts';
import { addSubmitterCommands } from './log-submitter.ts';

/** Said before anything is proven by a key that only the service vouches for. */
const OWN_KEY =
  "Not everything was checked: the log's key is the one that the service shows. Name one that you got elsewhere with --key.";

type LogFlags = { readonly url: string; readonly key?: string; readonly json?: boolean };

const integer = (text: string, what: string): bigint => {
  if (!/^(?:0|[1-9]\d{0,18})$/u.test(text)) throw new UsageError(`${what} must be a whole number: ${text}`);
  return BigInt(text);
};

const indexOf = async (client: GridsealClient, name: string): Promise<bigint> => {
  if (!name.startsWith('0x')) return integer(name, 'an index');
  if (!/^0x[0-9a-f]{64}$/u.test(name)) throw new UsageError(`a digest is 0x and 64 digits 0-9 a-f: ${name}`);
  const { sequenced } = await getReceipt(client, { digest: name as Hex });
  if (sequenced === null) throw new UsageError(`${name} is acknowledged but not in the log yet`);
  return BigInt(sequenced.index);
};

type Asked = {
  readonly client: GridsealClient;
  readonly terminal: Terminal;
  readonly checkpoint: Checkpoint;
  readonly tiles: LogTiles;
};

const showCheckpoint = ({ terminal, checkpoint: { origin, size, root } }: Asked): void => {
  terminal.line(`${origin}\n  size ${size}\n  root ${toHex(root)}`);
  terminal.result({ origin, size, root: toHex(root) });
};

const showInclusion = async ({ client, terminal, checkpoint, tiles }: Asked, name: string): Promise<void> => {
  const index = await indexOf(client, name);
  const { size, root } = checkpoint;
  if (index >= size) throw new UsageError(`the log has ${size} entries; there is no entry ${index}`);
  const leafHash = await tiles.leafHash(index);
  const path = await tiles.inclusionPath(index, size);
  verifyInclusion({ index, size, leafHash, path, root });
  terminal.line(`Entry ${index} is in the log of ${size}, proven by ${path.length} hashes.`);
  for (const hash of path) terminal.line(`  ${toHex(hash)}`);
  terminal.result({ index, size, leafHash: toHex(leafHash), root: toHex(root), path: path.map(toHex) });
};

const showConsistency = async (
  { terminal, checkpoint, tiles }: Asked,
  from: string,
  to: string | undefined,
): Promise<void> => {
  const size1 = integer(from, 'a size');
  const size2 = to === undefined ? checkpoint.size : integer(to, 'a size');
  if (size1 === 0n || size1 > size2 || size2 > checkpoint.size) {
    throw new UsageError(`sizes must ascend from 1 to ${checkpoint.size}`);
  }
  const [root1, root2] = [await tiles.root(size1), await tiles.root(size2)];
  const path = await tiles.consistencyPath(size1, size2);
  verifyConsistency({ size1, root1, size2, root2, path });
  if (size2 === checkpoint.size && !equal(root2, checkpoint.root)) {
    throw new NotProvenError('RootMismatch', 'the tiles do not lead to the root of the checkpoint');
  }
  terminal.line(`The log of ${size2} extends the log of ${size1}, proven by ${path.length} hashes.`);
  terminal.result({ size1, root1: toHex(root1), size2, root2: toHex(root2), path: path.map(toHex) });
};

/** Runs a command on a checkpoint that is verified; whatever does not hold ends it with 1 and its reason. */
const proving = async (command: Command, run: (asked: Asked) => Promise<void> | void): Promise<void> => {
  const flags = command.optsWithGlobals<LogFlags>();
  const terminal = createTerminal(flags.json === true);
  const client = createGridsealClient({ url: flags.url });
  try {
    const checkpoint = await readCheckpoint(client, flags.key);
    if (flags.key === undefined) {
      terminal.line(terminal.style('yellow', OWN_KEY));
      process.exitCode = EXIT.notAllChecked;
    }
    await run({ client, terminal, checkpoint, tiles: fetchLog(client, checkpoint.size) });
  } catch (error) {
    if (
      !(error instanceof NotProvenError || error instanceof TlogError) &&
      !(error instanceof MerkleError || error instanceof ProtocolError)
    ) {
      throw error;
    }
    terminal.result({ proven: false, code: error.code, message: error.message });
    terminal.error(`gridseal: not proven: ${error.message}`);
    process.exitCode = EXIT.notProven;
  }
};

/** `gridseal log checkpoint | inclusion | consistency`. */
export const addLogCommands = (program: Command): void => {
  const log = program
    .command('log')
    .description('Read a log as C2SP tiles and check what it says.')
    .option('--url <url>', 'the service', 'http://127.0.0.1:8787')
    .option('--key <key>', "the log's C2SP verifier key, got elsewhere (default: the one the service shows)");
  log
    .command('checkpoint')
    .description('The newest signed state.')
    .action(async (_flags: unknown, command: Command) => {
      await proving(command, showCheckpoint);
    });
  log
    .command('inclusion')
    .argument('<digest or index>')
    .description('Prove that a statement is in the log.')
    .action(async (name: string, _flags: unknown, command: Command) => {
      await proving(command, (asked) => showInclusion(asked, name));
    });
  log
    .command('consistency')
    .argument('<size>')
    .argument('[larger size]')
    .description('Prove that the log has only grown.')
    .action(async (from: string, to: string | undefined, _flags: unknown, command: Command) => {
      await proving(command, (asked) => showConsistency(asked, from, to));
    });
  const withChain = (command: Command): Command =>
    command
      .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
      .option('--trust <file>', 'which log (default: what the service says of itself)')
      .option('--key-file <file>', 'private key of the account that acts and pays, 0x and 64 hex digits');
  addSubmitterCommands(log, withChain);
  addEpochCommands(log, withChain);
};
