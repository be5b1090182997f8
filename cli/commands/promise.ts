import type { Command } from 'commander';
import { createPublicClient, createWalletClient, http, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { ProtocolError, secondsText, toHex, type Hex, type Trust } from '@gridseal/protocol';
import {
  answerPromise,
  askPromise,
  challengePromise,
  concludePromise,
  createGridsealClient,
  findCoveringAnchor,
  getReceipt,
  parseSignedReceipt,
  requireReceipt,
  SdkError,
  type PromiseStanding,
  type Sender,
  type SignedReceipt,
} from '@gridseal/sdk';
import { EXIT } from '../exit-codes.ts';
import { fetchLog } from '../log/tiles.ts';
import { readNamedText } from '../read-file.ts';
import { findTrust } from '../shipped-trust.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { UsageError } from '../usage-error.ts';

type PromiseFlags = {
  readonly rpc: string;
  readonly url: string;
  readonly trust?: string;
  readonly keyFile?: string;
  readonly digest?: string;
  readonly json?: boolean;
};

/** What every one of the commands works with. */
type Asked = {
  readonly flags: PromiseFlags;
  readonly terminal: Terminal;
  readonly node: PublicClient;
  readonly trust: Trust;
  readonly signed: SignedReceipt;
};

const MAX_RECEIPTS_LENGTH = 64 * 1024 * 1024;

const SAYINGS: Readonly<Record<PromiseStanding['status'], string>> = {
  pending: 'its time has not passed: an anchor can still keep it',
  due: 'its time has passed, and nobody challenged it',
  challenged: 'challenged: an answer is heard until then',
  unanswered: 'challenged and not answered in time: conclude puts that on record',
  kept: 'kept: an anchor in time covers the entry',
  broken: 'broken: no anchor in time was shown',
};

const receiptOf = (file: string, document: string): SignedReceipt => {
  try {
    return parseSignedReceipt(document);
  } catch (error) {
    if (error instanceof SdkError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
};

/** The receipt of a file: the only one, or the one of a statement where the file has a line for each. */
const readReceipt = async (file: string, digest: string | undefined): Promise<SignedReceipt> => {
  const text = (await readNamedText(file, 'a receipt', MAX_RECEIPTS_LENGTH)).trim();
  const documents = text.startsWith('{"logId"') ? text.split('\n') : [text];
  const asked = documents.filter((document) => digest === undefined || document.includes(`"${digest}"`));
  const receipts = asked.map((document) => receiptOf(file, document));
  const [only] = receipts;
  const isOne = new Set(receipts.map(({ signature }) => toHex(signature))).size === 1;
  if (only !== undefined && isOne) return only;
  throw new UsageError(
    digest === undefined
      ? `${file} holds ${receipts.length} receipts: name a statement with --digest`
      : `${file} holds ${receipts.length} receipts of ${digest}`,
  );
};

const readAsked = async (file: string, flags: PromiseFlags): Promise<Asked> => {
  const signed = await readReceipt(file, flags.digest);
  const node = createPublicClient({ transport: http(flags.rpc, { retryCount: 1, timeout: 10_000 }) });
  const chainId = await node.getChainId().catch((cause: unknown) => {
    throw new SdkError('unreachable', `the node at ${flags.rpc} does not answer`, { cause });
  });
  const { trust } = await findTrust(flags.trust, String(chainId));
  try {
    requireReceipt(signed, trust);
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new UsageError(`${file} was not signed by the operator of its log: ${error.message}`);
    throw error;
  }
  return { flags, terminal: createTerminal(flags.json === true), node, trust, signed };
};

const senderOf = async ({ flags, node }: Asked): Promise<Sender> => {
  const { keyFile } = flags;
  if (keyFile === undefined) throw new UsageError('--key-file FILE names the key of the account that pays');
  const text = (await readNamedText(keyFile, 'a key file', 1_024)).trim();
  if (!/^0x[0-9a-f]{64}$/iu.test(text)) throw new UsageError(`${keyFile}: expected 0x and 64 hex digits`);
  const account = privateKeyToAccount(text as Hex);
  return { node, account, wallet: createWalletClient({ account, transport: http(flags.rpc) }) };
};

const show = async (asked: Asked): Promise<void> => {
  const { terminal, node, trust, signed } = asked;
  const standing = await askPromise({ node, trust, signed });
  terminal.line(`Receipt   ${standing.receiptDigest}`);
  terminal.line(`Statement ${toHex(signed.receipt.digest)}`);
  terminal.line(`Promised  an anchor by ${secondsText(standing.deadline)}`);
  if (standing.answerBy !== 0n) terminal.line(`Answer by ${secondsText(standing.answerBy)}`);
  terminal.line(`The promise is ${SAYINGS[standing.status]}.`);
  terminal.result(standing);
  if (standing.status === 'broken') process.exitCode = EXIT.notProven;
};

const challenge = async (asked: Asked): Promise<void> => {
  await challengePromise(await senderOf(asked), asked);
  await show(asked);
};

const conclude = async (asked: Asked): Promise<void> => {
  await concludePromise(await senderOf(asked), asked);
  await show(asked);
};

/** Answers with the first anchor in time that covers the entry, its proof computed from the tiles of the log. */
const answer = async (asked: Asked): Promise<void> => {
  const { flags, node, trust, signed } = asked;
  const sender = await senderOf(asked);
  const client = createGridsealClient({ url: flags.url });
  const { sequenced } = await getReceipt(client, { digest: toHex(signed.receipt.digest) });
  const index = sequenced === null ? undefined : BigInt(sequenced.index);
  const anchor =
    index === undefined
      ? undefined
      : await findCoveringAnchor({ node, rpcUrl: flags.rpc, trust, signed, index });
  if (index === undefined || anchor === undefined) {
    asked.terminal.error(
      'gridseal: no anchor that was made in time and that the contracts still know covers the entry',
    );
    process.exitCode = EXIT.notProven;
    return;
  }
  const { size } = anchor.state;
  const path = (await fetchLog(client, size).inclusionPath(index, size)).map((hash) => toHex(hash));
  await answerPromise(sender, asked, { ...anchor, index, path });
  await show(asked);
};

/** Adds `gridseal promise show|challenge|answer|conclude`. */
export const addPromiseCommands = (program: Command): void => {
  const promise = program
    .command('promise')
    .description('Hold a log to the time by which a receipt promised an anchor, on chain.')
    .option('--rpc <url>', 'JSON-RPC of the chain', 'http://127.0.0.1:8545')
    .option('--url <url>', 'service whose log answers', 'http://127.0.0.1:8787')
    .option('--trust <file>', 'what to believe, instead of the deployments shipped')
    .option('--digest <digest>', 'which statement, where the file holds many receipts')
    .option('--key-file <file>', 'private key of the account that pays, 0x and 64 hex digits');
  const add = (name: string, text: string, run: (asked: Asked) => Promise<void>): void => {
    promise
      .command(`${name} <receipt>`)
      .description(text)
      .action(async (file: string, _flags: unknown, command: Command) => {
        await run(await readAsked(file, command.optsWithGlobals<PromiseFlags>()));
      });
  };
  add('show', 'Say how the promise of a receipt stands.', show);
  add('challenge', 'Challenge a promise whose time has passed.', challenge);
  add('answer', 'Answer a challenge with an anchor that covers the entry.', answer);
  add('conclude', 'Put a promise that nobody answered for on record as broken.', conclude);
};
