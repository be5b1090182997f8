import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { V8_FLAGS } from '../../backend/v8-flags.ts';
import { root } from '../../scripts/paths.ts';

/** The whole service in a process of its own, as `npm start` runs it. */
export type RunningService = {
  readonly url: string;
  /** The chain it uses: its own, or the one RPC_URL named. */
  readonly rpcUrl: string;
  /** What the service printed when it was ready. */
  readonly places: Places;
  readonly process: ChildProcess;
  /** Asks it to end, as Ctrl-C does; rejects unless it ends with exit code 0. */
  readonly stop: () => Promise<void>;
  /** Resolves when it has ended by itself: its exit code, and the last lines that it wrote. */
  readonly ended: () => Promise<{ readonly code: number | null; readonly tail: readonly string[] }>;
  /** Ends it without warning, as a power cut does. */
  readonly kill: () => Promise<void>;
};

export type Places = { readonly ready: true; readonly url: string; readonly rpcUrl?: string };

type ServiceOptions = {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
};

/** Variables of this process that would reach into the service under test. */
const foreign =
  /^(PORT|HOST|DATA_DIR|DATABASE_URL|RPC_URL|IPFS_API_URL|MQTT_URL|NODE_TEST_CONTEXT|NODE_OPTIONS)$/;

/** Starts backend/main.ts on a free port and waits for its readiness line. */
export async function startService({
  dataDir,
  env = {},
  readyWithinMs = 120_000,
}: ServiceOptions): Promise<RunningService> {
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = spawn(process.execPath, [...V8_FLAGS, join(root, 'backend/main.ts')], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), DATA_DIR: dataDir, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail = keepTail(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const places = await readiness(child, closed, readyWithinMs).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${tail().join('\n')}`);
  });
  return {
    url: places.url,
    rpcUrl: places.rpcUrl ?? env.RPC_URL ?? '',
    places,
    process: child,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await closed;
      if (code !== 0) throw new Error(`the service ended with ${String(code)}:\n${tail().join('\n')}`);
    },
    ended: async () => {
      const [code] = await closed;
      return { code, tail: tail() };
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

async function readiness(
  child: ChildProcess,
  closed: Promise<[number | null]>,
  withinMs: number,
): Promise<Places> {
  const ready = new Promise<Places>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const places = asReadiness(line);
      if (places !== undefined) resolve(places);
    });
  });
  const ended = closed.then(([code]) => {
    throw new Error(`the service ended with ${String(code)} before it was ready`);
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the service was not ready within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([ready, ended, late]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
}

/** `{"ready":true,"url":…}` among the log lines. */
function asReadiness(line: string): Places | undefined {
  if (!line.startsWith('{')) return undefined;
  const message = JSON.parse(line) as Partial<Places>;
  return message.ready === true ? (message as Places) : undefined;
}

function keepTail(child: ChildProcess, lines = 60): () => readonly string[] {
  const kept: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      kept.push(line);
      if (kept.length > lines) kept.shift();
    });
  }
  return () => kept;
}
