import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';

/** The commands that run something, by the words that call them. */
const leavesOf = (command: Command, path: readonly string[] = []): [string, Command][] =>
  command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap((each) => leavesOf(each, [...path, each.name()]));

const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
};

describe('the help', () => {
  it('of every command says what it is for and lists its exit codes', async () => {
    const leaves = leavesOf(await createProgram());
    assert.ok(leaves.length > 15, `${leaves.length} commands`);
    for (const [path, command] of leaves) {
      assert.match(command.description(), /^[A-Z].*[.)]$/u, path);
      assert.match(helpOf(command), /\nExit codes:\n {2}0 {2}\S.*\n(?: {2}\d {2}\S.*\n)*$/u, path);
    }
  });
});
