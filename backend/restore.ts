/**
 * Rebuilds an empty database from the chain and the content store; the same environment as the service, and a trust file.
 * Usage: node backend/restore.ts TRUST_FILE. Prints one JSON line for each anchor, and one at the end.
 */
import { readFile } from 'node:fs/promises';
import { parseTrust } from '@gridseal/protocol';
import { composeRestore } from './compose/restore.ts';
import { ConfigError, readConfig, requireNamedFiles, unknownVariables } from './config.ts';

const EXIT = { ok: 0, failed: 1, badConfiguration: 78 } as const;

const say = (event: string, fields: object): void => {
  const text = JSON.stringify({ event, ...fields }, (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  process.stdout.write(`${text}\n`);
};

const run = async (): Promise<number> => {
  for (const stray of unknownVariables()) process.stderr.write(`${stray}\n`);
  const config = readConfig(undefined, { LOG_LEVEL: 'warn' });
  await requireNamedFiles(config.namedFiles);
  const trust = parseTrust(await readFile(process.argv[2] ?? '', 'utf8'));
  if (trust.logs.length !== 1)
    throw new Error(`the trust names ${trust.logs.length} logs, and one is restored at a time`);
  const { periods, ...report } = await composeRestore(config, trust, (progress) => say('progress', progress));
  say('restored', { ...report, periods: Object.fromEntries(periods) });
  return report.payloads.missing === 0 && report.leftOut.length === 0 ? EXIT.ok : EXIT.failed;
};

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { code, message } = error as Error & { readonly code?: string };
    say('failed', { code: code ?? 'failed', message });
    process.exit(error instanceof ConfigError ? EXIT.badConfiguration : EXIT.failed);
  },
);
