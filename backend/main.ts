import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createDurableFiles } from './adapters/durable-file/durable-files.ts';
import { createLogger } from './adapters/logger/logger.ts';
import { compose, EpochOver } from './compose.ts';
import { type Config, ConfigError, readConfig, requireNamedFiles, unknownVariables } from './config.ts';
import { V8_FLAGS } from './v8-flags.ts';

V8_FLAGS.forEach(setFlagsFromString);

/** `startAgain` is EX_TEMPFAIL: whoever looks after the service starts it again, and it goes on. */
const EXIT = { ok: 0, failed: 1, startAgain: 75, badConfiguration: 78 } as const;

const strays = unknownVariables();

const readOrExplain = async (): Promise<Config> => {
  try {
    const config = readConfig();
    await requireNamedFiles(config.namedFiles);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${[error.message, ...strays].join('\n')}\n`);
    process.exit(EXIT.badConfiguration);
  }
};

const config = await readOrExplain();
const logger = createLogger({ ...config.logger, secretUrls: config.secretUrls });
for (const stray of strays) logger.warn(stray);

const exitAfter = (stop: () => Promise<void>, code: number): void => {
  stop().then(
    () => process.exit(code),
    (error: unknown) => {
      logger.fatal({ err: error }, 'stopping failed');
      process.exit(EXIT.failed);
    },
  );
};

/** Aborted when the service is asked to stop before it is ready: it may be waiting for a part that does not answer. */
const starting = new AbortController();

const run = async (): Promise<void> => {
  const discontinued = Promise.withResolvers<Error>();
  const running: { stop?: () => Promise<void> } = {};
  const end = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    starting.abort();
    if (running.stop !== undefined) exitAfter(running.stop, EXIT.ok);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);

  const { stop, ...places } = await compose(config, logger, discontinued.resolve, starting.signal);
  running.stop = stop;
  if (starting.signal.aborted) {
    exitAfter(stop, EXIT.ok);
    return;
  }
  void discontinued.promise.then((error) => {
    if (error instanceof EpochOver) logger.warn(error.message);
    else logger.fatal({ err: error }, 'the log must not be continued');
    exitAfter(stop, error instanceof EpochOver ? EXIT.startAgain : EXIT.failed);
  });
  const ready = JSON.stringify({ ready: true, pid: process.pid, dataDir: config.dataDir, ...places });
  await createDurableFiles().write(join(config.dataDir, 'service.json'), `${ready}\n`, 0o644);
  process.stdout.write(`${ready}\n`);
};

run().catch((error: unknown) => {
  if (starting.signal.aborted) process.exit(EXIT.ok);
  logger.fatal({ err: error }, error instanceof Error ? error.message : 'the service could not start');
  process.exit(EXIT.failed);
});
