import { parts } from './check/parts.ts';
import { formatTally } from './test/tally.ts';

const names = parts.map(({ name }) => name);
const args = process.argv.slice(2);
const only = args[0] === '--only' ? args.slice(1) : names;
const unknown = only.filter((name) => !names.includes(name));
if (unknown.length > 0 || (args.length > 0 && args[0] !== '--only')) {
  process.stderr.write(`usage: scripts/check.ts [--only PART …]; parts: ${names.join(', ')}\n`);
  process.exit(2);
}

const tally = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run } of parts.filter((part) => only.includes(part.name))) {
  const started = performance.now();
  const { ok, output } = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${ok ? 'pass' : 'FAIL'}  ${name.padEnd(16)} ${seconds} s\n`);
  if (!ok) process.stdout.write(`\n${output.trimEnd()}\n\n`);
  tally[ok ? 'passed' : 'failed'] += 1;
}
process.stdout.write(`\n${formatTally(tally)}\n`);
process.exitCode = tally.failed > 0 ? 1 : 0;
