import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.ts';
import type { Tally } from './tally.ts';

const hardhat = join(root, 'node_modules/hardhat/dist/src/cli.js');

/** Runs hardhat's mocha and Solidity tests and reads its closing summary. */
export async function runContractTests(): Promise<Tally> {
  if (!existsSync(join(root, 'contracts'))) return { passed: 0, failed: 0, skipped: 0 };
  const { code, output } = await runShowing(process.execPath, [hardhat, 'test']);
  const tally = readSummary(output);
  // It failed without naming a test: it did not compile, or a hook threw.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** Hardhat ends with one line per outcome, `12 passing (4 solidity, 8 mocha)`. */
export function readSummary(output: string): Tally {
  // eslint-disable-next-line no-control-regex -- colour codes, when the terminal has them
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, '');
  const count = (outcome: string): number => {
    const lines = [...plain.matchAll(new RegExp(String.raw`^(\d+) ${outcome} \(.*(?:solidity|mocha)`, 'gm'))];
    return Number(lines.at(-1)?.[1] ?? 0);
  };
  return { passed: count('passing'), failed: count('failing'), skipped: count('skipped') + count('todo') };
}

function runShowing(command: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}
