import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkPart, copyRepository } from './copy.ts';

type Breakage = {
  readonly what: string;
  readonly part: string;
  readonly file: string;
  /** The new content, or a change to what is there. */
  readonly write: string | ((content: string) => string);
  readonly says: RegExp;
};

const breakages: readonly Breakage[] = [
  {
    what: 'TypeScript formatted by hand',
    part: 'format',
    file: 'backend/broken.ts',
    write: 'export const   a  =  1\n',
    says: /backend\/broken\.ts/,
  },
  {
    what: 'Solidity formatted by hand',
    part: 'format',
    file: 'contracts/Broken.sol',
    write: 'pragma solidity ^0.8.28; contract   Broken {  }\n',
    says: /contracts\/Broken\.sol/,
  },
  {
    what: 'a promise nobody waits for',
    part: 'lint',
    file: 'backend/broken.ts',
    write: 'export const start = (): void => {\n  Promise.resolve();\n};\n',
    says: /no-floating-promises/,
  },
  {
    what: 'the environment read outside config.ts',
    part: 'lint',
    file: 'backend/broken.ts',
    write: 'export const port = process.env.PORT;\n',
    says: /Only backend\/config\.ts reads the environment/,
  },
  {
    what: 'tx.origin in a contract',
    part: 'lint',
    file: 'contracts/Broken.sol',
    write:
      '// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n\ncontract Broken {\n' +
      '    function who() external view returns (address) {\n        return tx.origin;\n    }\n}\n',
    says: /avoid-tx-origin/,
  },
  {
    what: 'a type error',
    part: 'types',
    file: 'backend/broken.ts',
    write: "export const port: number = 'not a number';\n",
    says: /backend\/broken\.ts.*TS2322/,
  },
  {
    what: 'a Node global in the protocol',
    part: 'types',
    file: 'protocol/src/broken.ts',
    write: "export const bytes = Buffer.from('00', 'hex');\n",
    says: /protocol\/src\/broken\.ts.*Buffer/,
  },
  {
    what: 'a generated file edited by hand',
    part: 'generated files',
    file: 'GENERATED',
    write: (content) => content.replace(/\d(?=[^\d]*$)/, (digit) => String((Number(digit) + 1) % 10)),
    says: /(sdk\/src\/abi|test\/vectors)\//,
  },
  {
    what: 'a source file of 401 lines',
    part: 'file size',
    file: 'backend/broken.ts',
    write: 'export {};\n'.repeat(401),
    says: /backend\/broken\.ts: 401 lines/,
  },
  {
    what: 'an export nothing uses',
    part: 'dead code',
    file: 'backend/broken.ts',
    write: 'export const unused = 1;\n',
    says: /backend\/broken\.ts/,
  },
];

const forbiddenImports: readonly { from: string; imports: string; rule: string }[] = [
  { from: 'protocol/src/broken.ts', imports: '../../sdk/src/index.ts', rule: 'protocol-stands-alone' },
  { from: 'protocol/src/broken.ts', imports: 'node:fs', rule: 'protocol-is-browser-safe' },
  { from: 'sdk/src/broken.ts', imports: '../../backend/config.ts', rule: 'sdk-knows-protocol' },
  { from: 'cli/broken.ts', imports: '../backend/config.ts', rule: 'cli-knows-sdk' },
  { from: 'edge/broken.ts', imports: '../backend/config.ts', rule: 'edge-knows-sdk' },
  { from: 'backend/broken.ts', imports: '../edge/target.ts', rule: 'backend-knows-sdk' },
  { from: 'backend/broken.ts', imports: './features/b/target.ts', rule: 'only-compose-constructs' },
  { from: 'backend/features/a/broken.ts', imports: '../b/target.ts', rule: 'features-share-types-only' },
  {
    from: 'backend/features/a/broken.ts',
    imports: '../../adapters/c/target.ts',
    rule: 'features-get-adapters-handed',
  },
  {
    from: 'backend/adapters/c/broken.ts',
    imports: '../../features/b/target.ts',
    rule: 'adapters-know-no-feature',
  },
  { from: 'backend/broken.ts', imports: '../scripts/paths.ts', rule: 'scripts-are-never-imported' },
];

describe('npm run check, with something broken on purpose', () => {
  let folder: string;
  let remove: () => Promise<void>;

  before(async () => {
    ({ folder, remove } = await copyRepository());
    for (const target of ['edge', 'backend/features/b', 'backend/adapters/c']) {
      await put(`${target}/target.ts`, 'export const target = 1;\n');
    }
  });
  after(() => remove());

  const put = async (file: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  };

  for (const { what, part, file, write, says } of breakages) {
    it(`fails at "${part}" for ${what}`, async () => {
      const broken = file === 'GENERATED' ? await someGeneratedFile(folder) : file;
      const path = join(folder, broken);
      const original = await readFile(path, 'utf8').catch(() => undefined);
      await put(broken, typeof write === 'string' ? write : write(original ?? ''));
      await expectFailure(folder, part, says);
      await (original === undefined ? rm(path) : writeFile(path, original));
    });
  }

  it('fails at "imports" for each forbidden direction, naming the rule', async () => {
    for (const { from } of forbiddenImports) await put(from, '');
    for (const { from, imports } of forbiddenImports) {
      await appendFile(join(folder, from), `import ${JSON.stringify(imports)};\n`);
    }
    const output = await expectFailure(folder, 'imports', /./);
    for (const { from, rule } of forbiddenImports) {
      assert.ok(output.includes(`${rule}: ${from}`), `${rule} did not fire for ${from}:\n${output}`);
    }
  });

  it('fails at "imports" for a cycle', async () => {
    await put('edge/one.ts', "import { two } from './two.ts';\nexport const one = (): number => two();\n");
    await put('edge/two.ts', "import { one } from './one.ts';\nexport const two = (): number => one();\n");
    await expectFailure(folder, 'imports', /no-cycles: edge\/one\.ts/);
  });
});

async function expectFailure(folder: string, part: string, says: RegExp): Promise<string> {
  const { code, output } = await checkPart(folder, part);
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(`^FAIL {2}${part}`, 'm'));
  assert.match(output, says);
  return output;
}

async function someGeneratedFile(folder: string): Promise<string> {
  for (const place of ['sdk/src/abi', 'test/vectors']) {
    const files = await readdir(join(folder, place), { recursive: true }).catch(() => []);
    const found = files.find((file) => /\.(ts|json)$/.test(file));
    if (found !== undefined) return join(place, found);
  }
  throw new Error('the repository holds no generated file');
}
