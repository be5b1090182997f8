import type { Command } from 'commander';
import { secondsText } from '@gridseal/protocol';
import { approveEpoch, proposeEpoch, readEpoch, SdkError, startEpoch } from '@gridseal/sdk';
import { EXIT } from '../exit-codes.ts';
import { judgeAnchors, manifestOf, newestPrefix } from '../log/anchors-of-log.ts';
import { openLogOnChain, openSender, type ChainFlags, type LogOnItsChain } from '../log/on-chain.ts';
import { NotProvenError } from '../not-proven-error.ts';

const show = async (on: LogOnItsChain): Promise<void> => {
  const { terminal, node } = on;
  const standing = await readEpoch(node, on);
  const { ours, foreign } = await judgeAnchors(on);
  const { owner, epoch, quorum, delaySeconds, proposal } = standing;
  terminal.line(`Log        ${on.logId}`);
  terminal.line(`Epoch      ${epoch}`);
  terminal.line(`Owner      ${owner}`);
  terminal.line(
    quorum === 0
      ? 'Guardians  none: the log can have no further epoch'
      : `Guardians  ${quorum} must approve, and the start then waits ${delaySeconds} s`,
  );
  terminal.line(
    ours[0] === undefined
      ? 'Anchored   nothing of this log'
      : `Anchored   size ${ours[0].size}, root ${ours[0].root}, in block ${ours[0].blockNumber}`,
  );
  const strangers: object[] = [];
  for (const { size, root, transactionHash } of foreign) {
    const { from } = await node.getTransaction({ hash: transactionHash });
    terminal.line(terminal.style('red', `Not ours   size ${size}, root ${root}, anchored by ${from}`));
    strangers.push({ size, root, transactionHash, from });
  }
  terminal.line(
    proposal === undefined
      ? 'Proposed   nothing'
      : `Proposed   epoch ${epoch + 1} from size ${proposal.size}, root ${proposal.root}`,
  );
  if (proposal !== undefined)
    terminal.line(
      proposal.readyAt === undefined
        ? `           ${proposal.approvals} of ${quorum} guardians have approved`
        : `           approved; it may start from ${secondsText(proposal.readyAt)}`,
    );
  terminal.result({ logId: on.logId, ...standing, anchored: ours[0] ?? null, foreign: strangers });
};

const propose = async (on: LogOnItsChain): Promise<void> => {
  const { terminal } = on;
  const sender = await openSender(on);
  const judged = await judgeAnchors(on);
  const { prefix, forgotten } = await newestPrefix(on, judged);
  const transactionHash = await proposeEpoch(sender, on, prefix);
  const { size, root } = prefix;
  terminal.line(`Epoch ${judged.epoch + 1n} is proposed from size ${size}, root ${root}.`);
  if (judged.foreign.length === 0)
    terminal.line(terminal.style('yellow', 'Nothing is wrong with the anchors of the present epoch.'));
  if (forgotten > 0)
    terminal.line(
      `The contract remembers none of the ${forgotten} anchors after it; their entries are anchored again.`,
    );
  terminal.result({ logId: on.logId, epoch: judged.epoch + 1n, size, root, forgotten, transactionHash });
};

/** What is proposed must be a state of the log that is served: a guardian approves what he has checked. */
const requireProposal = async (on: LogOnItsChain) => {
  const { proposal, epoch } = await readEpoch(on.node, on);
  if (proposal === undefined)
    throw new SdkError('refused', 'nothing is proposed: the owner runs gridseal log epoch propose');
  const judged = await judgeAnchors(on);
  const manifest = manifestOf(judged, proposal.size, proposal.root);
  if (manifest === undefined)
    throw new NotProvenError(
      'RootMismatch',
      `size ${proposal.size} with root ${proposal.root} is proposed, and was never anchored of this log`,
    );
  return { ...proposal, epoch: epoch + 1, manifest };
};

const approve = async (on: LogOnItsChain): Promise<void> => {
  const sender = await openSender(on);
  const { size, root, epoch } = await requireProposal(on);
  const transactionHash = await approveEpoch(sender, on, { size, root });
  const { proposal, quorum } = await readEpoch(on.node, on);
  on.terminal.line(`${sender.account.address} approves epoch ${epoch} from size ${size}.`);
  on.terminal.line(
    proposal?.readyAt === undefined
      ? `${proposal?.approvals ?? 0} of ${quorum} guardians have approved.`
      : `It may start from ${secondsText(proposal.readyAt)}.`,
  );
  on.terminal.result({ logId: on.logId, epoch, size, root, ...proposal, transactionHash });
};

const start = async (on: LogOnItsChain): Promise<void> => {
  const sender = await openSender(on);
  const { size, root, epoch, manifest } = await requireProposal(on);
  const transactionHash = await startEpoch(sender, on, manifest);
  on.terminal.line(
    `Epoch ${epoch} has begun at size ${size}. Start the service again: it goes on in that epoch.`,
  );
  on.terminal.result({ logId: on.logId, epoch, size, root, transactionHash });
};

/** `gridseal log epoch show | propose | approve | start`. @param withChain adds the options of a command that asks the chain */
export const addEpochCommands = (log: Command, withChain: (command: Command) => Command): void => {
  const epochs = log
    .command('epoch')
    .description('Go on from the newest honest state after a stolen anchor key (docs/guide/stolen-key.md).');
  const add = (name: string, text: string, run: (on: LogOnItsChain) => Promise<void>): void => {
    withChain(epochs.command(name).description(text)).action(async (_flags: unknown, command: Command) => {
      const on = await openLogOnChain(command.optsWithGlobals<ChainFlags>());
      try {
        await run(on);
      } catch (error) {
        if (!(error instanceof NotProvenError)) throw error;
        on.terminal.result({ proven: false, code: error.code, message: error.message });
        on.terminal.error(`gridseal: not proven: ${error.message}`);
        process.exitCode = EXIT.notProven;
      }
    });
  };
  add('show', 'The epoch, its owner and guardians, what was anchored, and what is proposed.', show);
  add('propose', 'Propose to go on from the newest anchored state of the log. The owner does.', propose);
  add('approve', 'Approve what is proposed, once it is found to be of the log. A guardian does.', approve);
  add(
    'start',
    'Begin the epoch, once enough guardians approved and the delay is over. The owner does.',
    start,
  );
};
