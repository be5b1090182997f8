// Runs every generator, scripts/generate-*.ts: without arguments they write, with --check they compare.
import { runGenerators } from './check/generators.ts';

const { ok, output } = await runGenerators(process.argv.slice(2));
process.stdout.write(output);
process.exitCode = ok ? 0 : 1;
