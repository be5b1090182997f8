/**
 * `npm start`: the service on its embedded parts, and a demo alliance of five simulated stations that send to it.
 * DEMO_ALLIANCE=off leaves the stations out. Every variable of docs/configuration.md is passed on.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { boundLog } from '../backend/adapters/disk/bounded-log.ts';
import { ConfigError, readConfig, unknownVariables } from '../backend/config.ts';
import { V8_FLAGS } from '../backend/v8-flags.ts';
import { startProgram, type Program } from './start/child.ts';
import { fullDisk } from './start/last-words.ts';
import { firstScreen } from './start/screen.ts';
import { waitForService } from './start/service-file.ts';

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const dataDir = resolve(process.env.DATA_DIR ?? '.gridseal');
const serviceLog = join(dataDir, 'service.log');
const SECONDS_BETWEEN_BATCHES = '5';

/** The service says what is wrong with its configuration; here only the bounds of its logs are asked for. */
const logBounds = (() => {
  try {
    return readConfig().logger.bounds;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return readConfig({}).logger.bounds;
  }
})();
const LOOK_MS = 5_000;

await mkdir(dataDir, { recursive: true, mode: 0o711 });
for (const stray of unknownVariables(process.env, ['DEMO_ALLIANCE'])) process.stderr.write(`${stray}\n`);
process.stdout.write('Starting …\n');
const service = startProgram({
  name: 'service',
  file: here('../backend/main.ts'),
  nodeFlags: V8_FLAGS,
  env: { DATA_DIR: dataDir, ANCHOR_INTERVAL_MS: process.env.ANCHOR_INTERVAL_MS ?? '10000' },
  logFile: serviceLog,
});
const programs: Program[] = [service];

/** Stops the stations before the service they send to. A second Ctrl-C changes nothing. */
let stopped: Promise<void> | undefined;
const stop = (): Promise<void> => {
  stopped ??= (async () => {
    for (const program of programs.toReversed()) await program.stop();
  })();
  return stopped;
};
const request = { asked: false };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!request.asked) process.stdout.write('\nStopping …\n');
    request.asked = true;
    void stop();
  });
}

const whyItEnded = async (): Promise<string> => (await fullDisk(dataDir)) ?? (await service.lastWords());

let told: string | undefined;
const tellWhatItWaitsFor = async (): Promise<void> => {
  const wait = await service.waitsFor();
  if (wait === undefined || wait === told) return;
  told = wait;
  process.stdout.write(`${wait.charAt(0).toUpperCase()}${wait.slice(1)} …\n`);
};
const outcome = await Promise.race([
  waitForService(dataDir, { pid: service.pid, onLook: tellWhatItWaitsFor }),
  service.exited.then((code) => ({ code })),
]);
if ('code' in outcome) {
  if (!request.asked) process.stderr.write(`The service did not start.\n\n${await whyItEnded()}\n`);
  process.exit(request.asked ? 0 : outcome.code || 1);
}

if (process.env.DEMO_ALLIANCE !== 'off') {
  const stations = startProgram({
    name: 'stations',
    file: here('../edge/main.ts'),
    args: [outcome.url, join(dataDir, 'edge'), SECONDS_BETWEEN_BATCHES],
    logFile: join(dataDir, 'edge.log'),
  });
  programs.push(stations);
  void stations.exited.then(async (code) => {
    if (request.asked) return;
    process.stderr.write(`The simulated stations stopped (${code}); the service goes on.\n`);
    process.stderr.write(`${await stations.lastWords()}\n`);
  });
}
process.stdout.write(
  firstScreen(outcome, {
    trustFile: relative(process.cwd(), outcome.trustFile),
    tokenFile: relative(process.cwd(), join(dataDir, 'keys', 'api.token')),
    logFolder: relative(process.cwd(), dataDir) || '.',
    simulated: process.env.DEMO_ALLIANCE !== 'off',
  }),
);

/** Only what cannot be helped here ends up as an error: a log that is not bounded now is tried again. */
const bounding = setInterval(() => {
  for (const log of [serviceLog, join(dataDir, 'edge.log')])
    boundLog(log, logBounds).catch((error: unknown) => {
      process.stderr.write(`${log} could not be put aside: ${String(error)}\n`);
    });
}, LOOK_MS);
const code = await service.exited;
clearInterval(bounding);
await stop();
if (!request.asked)
  process.stderr.write(`The service stopped by itself (${code}).\n\n${await whyItEnded()}\n`);
process.exit(request.asked ? 0 : code || 1);
