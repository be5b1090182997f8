import assert from 'node:assert/strict';
import { access, glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CommanderError, type Command } from 'commander';
import { createProgram } from '../../cli/program.ts';
import packageManifest from '../../package.json' with { type: 'json' };
import { demoOptions } from '../../scripts/demo/options.ts';
import { root } from '../../scripts/paths.ts';

/** A command that a person may copy, with where it stands. */
type Printed = { readonly where: string; readonly words: readonly string[] };

const filesOf = async (pattern: string): Promise<readonly string[]> => {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) files.push(file);
  return files.toSorted();
};

const MANUALS = async (): Promise<readonly string[]> => [
  'README.md',
  'CONTRIBUTING.md',
  'docs/verify.md',
  'docs/configuration.md',
  ...(await filesOf('docs/guide/*.md')),
];

/** Words of a shell line; brackets of a synopsis are left out, and so is a comment. */
const wordsOf = (line: string): readonly string[] =>
  (
    line
      .replace(/ >>? .*$/u, '')
      .replaceAll(/(?<=\s)#.*$/gu, '')
      .match(/'[^']*'|"[^"]*"|[^\s[\]]+/gu) ?? []
  ).map((word) => word.replaceAll(/^['"]|['"]$/gu, ''));

const partsOf = (line: string): readonly string[] =>
  line.split(/&&|\|\|?|;|\$\(/u).map((part) => part.trim());

const fencedIn = (file: string, text: string): readonly Printed[] =>
  [...text.matchAll(/^```(?:sh|bash|console)\n([^]*?)^```/gmu)].flatMap(([, block = '']) =>
    block
      .replaceAll('\\\n', ' ')
      .split('\n')
      .flatMap(partsOf)
      .map((part) => ({ where: `${file}: ${part}`, words: wordsOf(part) })),
  );

const silence = (command: Command): void => {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const each of command.commands) silence(each);
};

/** Parses a command line and runs nothing. */
const parse = async (words: readonly string[]): Promise<void> => {
  const program = await createProgram(words.find((word) => !word.startsWith('-')));
  silence(program);
  await program.parseAsync([...words], { from: 'user' });
};

const checkGridseal = async ({ where, words }: Printed): Promise<void> => {
  try {
    await parse(words);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isHelp = error.exitCode === 0 && /help|version/u.test(error.code);
    assert.ok(isHelp, `${where}\n${error.message}`);
  }
};

const checkNpm = ({ where, words }: Printed): void => {
  const [verb = '', ...rest] = words;
  const isShort = verb === 'start' || verb === 'test';
  if (verb !== 'run' && !isShort) return;
  const script = isShort ? verb : (rest[0] ?? '');
  assert.ok(Object.hasOwn(packageManifest.scripts, script), `${where}\nthere is no npm script ${script}`);
  const after = words.indexOf('--');
  if (script === 'demo') demoOptions(after === -1 ? [] : words.slice(after + 1));
};

describe('every command that is printed', () => {
  it('in the README and the guides exists, with its options [C5]', async () => {
    let checked = 0;
    for (const file of await MANUALS()) {
      for (const { where, words } of fencedIn(file, await readFile(join(root, file), 'utf8'))) {
        const [first, second, ...rest] = words;
        const isGridseal = first === 'gridseal' || (first === 'npx' && second === 'gridseal');
        if (isGridseal) await checkGridseal({ where, words: first === 'npx' ? rest : words.slice(1) });
        if (first === 'npm') checkNpm({ where, words: words.slice(1) });
        if (first === 'node' && second !== undefined && !second.startsWith('-'))
          await access(join(root, second));
        if (isGridseal || first === 'npm') checked += 1;
      }
    }
    assert.ok(checked > 30, `${checked} commands`);
  });

  it('in a sentence of the README, the guides, a page, a message or a comment exists too', async () => {
    const program = await createProgram();
    const sources = (
      await Promise.all(
        ['cli', 'edge', 'backend/features/docs', 'scripts/start', 'scripts/demo'].map((folder) =>
          filesOf(`${folder}/**/*.ts`),
        ),
      )
    ).flat();
    let checked = 0;
    for (const file of [...(await MANUALS()), ...sources]) {
      const text = await readFile(join(root, file), 'utf8');
      for (const [whole, first = '', second] of text.matchAll(
        /(?:npx |[`'"(])gridseal ([a-z]+)(?: ([a-z]+)(?=[\s`'".,:;)<]))?/gu,
      )) {
        const command = program.commands.find((each) => each.name() === first);
        assert.ok(command !== undefined, `${file}: ${whole}`);
        const isKnown =
          second === undefined ||
          command.commands.length === 0 ||
          command.commands.some((each) => each.name() === second);
        assert.ok(isKnown, `${file}: ${whole}`);
        checked += 1;
      }
    }
    assert.ok(checked > 30, `${checked} mentions`);
  });
});
