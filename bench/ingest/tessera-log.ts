import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatVerifierKey, NOTE_ALGORITHM, noteSignerFrom, toBase64 } from '@gridseal/protocol';
import { startDaemon } from '../../test/peers/programs/daemon.ts';
import { goPeer } from '../../test/peers/programs/go.ts';
import { pathOf } from '../../test/peers/programs/peer.ts';
import { freePorts } from '../../test/peers/programs/ports.ts';
import { createTestFolder } from '../../test/setup/postgres.ts';

/** What Tessera's log on a POSIX file system wrote on the same cores. */
export type TesseraFigure = {
  readonly entriesPerSecond: number;
  readonly entryBytes: number;
  readonly writers: number;
};

const WRITERS = 256;
const ENTRY_BYTES = 300;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 15_000;
/** More than the machine can do, so that nothing but the log holds the hammer back. */
const UNLIMITED = '1000000';

/**
 * Runs Tessera's conformance log (batches of 256, a checkpoint a second) under its own hammer and reads off its
 * checkpoints how fast it grows.
 *
 * @throws Error when Go is not installed
 */
export const measureTessera = async (): Promise<TesseraFigure> => {
  const [posix, hammer] = [await goPeer('tessera-log', 'posix'), await goPeer('tessera-log', 'hammer')];
  for (const peer of [posix, hammer]) if ('missing' in peer) throw new Error(peer.missing);
  const folder = await createTestFolder();
  try {
    const seed = new Uint8Array(randomBytes(32));
    const { verifierKey } = noteSignerFrom('tessera.bench/log', NOTE_ALGORITHM.ed25519, seed);
    const publicKey = formatVerifierKey(verifierKey);
    const [name, hash] = publicKey.split('+');
    const secret = toBase64(Uint8Array.of(NOTE_ALGORITHM.ed25519, ...seed));
    const keyFile = join(folder.path, 'log.key');
    await writeFile(keyFile, `PRIVATE+KEY+${name}+${hash}+${secret}`);
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}/`;
    const sizeNow = async (): Promise<number> =>
      Number((await (await fetch(`${url}checkpoint`)).text()).split('\n')[1]);
    process.stderr.write("running Tessera's log under its hammer …\n");
    const log = await startDaemon(
      pathOf(posix),
      ['--storage_dir', join(folder.path, 'log'), '--listen', `127.0.0.1:${port}`, '--private_key', keyFile],
      { isReady: async () => (await fetch(`${url}checkpoint`)).ok },
    );
    const load = spawn(
      pathOf(hammer),
      [
        ...['--log_url', url, '--write_log_url', url, '--log_public_key', publicKey, '--show_ui=false'],
        ...[
          '--num_writers',
          String(WRITERS),
          '--max_write_ops',
          UNLIMITED,
          '--leaf_min_size',
          `${ENTRY_BYTES}`,
        ],
        ...['--dup_chance', '0', '--num_readers_random', '0', '--num_readers_full', '0'],
      ],
      { stdio: 'ignore' },
    );
    const ended = once(load, 'close');
    try {
      await sleep(WARM_UP_MS);
      const [before, began] = [await sizeNow(), performance.now()];
      await sleep(MEASURED_MS);
      const [after, now] = [await sizeNow(), performance.now()];
      const entriesPerSecond = Math.round(((after - before) * 1_000) / (now - began));
      return { entriesPerSecond, entryBytes: ENTRY_BYTES, writers: WRITERS };
    } finally {
      load.kill('SIGKILL');
      await ended;
      await log.stop();
    }
  } finally {
    await folder.remove();
  }
};
