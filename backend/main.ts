import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createDurableFiles } from './adapters/durable-file/durable-files.ts';
import { createLogger } from './adapters/logger/logger.ts';
import { compose } from './compose.ts';
import { type Config, ConfigError, readConfig } from './config.ts';

// Memory of buffers that live for a request is collected with the young generation from 32 MB on. V8 13.6, that of Node 24,
// waits for 128 MB and marks the whole heap at 64: several times a second under load (nodejs/node#61967).
setFlagsFromString('--scavenger-max-new-space-capacity-mb=8');

const EXIT = { ok: 0, failed: 1, badConfiguration: 78 } as const;

const readOrExplain = (): Config => {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT.badConfiguration);
  }
};

const config = readOrExplain();
const logger = createLogger(config.logger);

const exitAfter = (stop: () => Promise<void>, code: number): void => {
  stop().then(
    () => process.exit(code),
    (error: unknown) => {
      logger.fatal({ err: error }, 'stopping failed');
      process.exit(EXIT.failed);
    },
  );
};

const run = async (): Promise<void> => {
  const discontinued = Promise.withResolvers<Error>();
  const { stop, ...places } = await compose(config, logger, discontinued.resolve);
  void discontinued.promise.then((error) => {
    logger.fatal({ err: error }, 'the log must not be continued');
    exitAfter(stop, EXIT.failed);
  });
  const ready = JSON.stringify({ ready: true, pid: process.pid, dataDir: config.dataDir, ...places });
  await createDurableFiles().write(join(config.dataDir, 'service.json'), `${ready}\n`, 0o644);
  process.stdout.write(`${ready}\n`);

  const end = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    exitAfter(stop, EXIT.ok);
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
};

run().catch((error: unknown) => {
  logger.fatal({ err: error }, error instanceof Error ? error.message : 'the service could not start');
  process.exit(EXIT.failed);
});
