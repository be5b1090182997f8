import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { startDaemon, type Daemon } from './daemon.ts';

/** Debian's HAProxy, or undefined where it is not installed. */
export const HAPROXY = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/opt/homebrew/bin/haproxy'].find(
  existsSync,
);

/** A server behind the balancer. `check` is the port that says whether it may have work. */
export type Behind = { readonly name: string; readonly port: number; readonly check: number };

/**
 * One address for whichever PostgreSQL server is the primary: docs/guide/scale.md shows it. Sessions of a server that is no
 * longer the primary are cut, so that nobody waits for what a paused server will never answer.
 */
export const primaryOf = (port: number, servers: readonly Behind[]): string =>
  [
    'listen primary',
    `  bind 127.0.0.1:${port}`,
    '  mode tcp',
    '  option httpchk GET /primary',
    '  http-check expect status 200',
    '  option clitcpka',
    '  timeout client 24h',
    '  timeout server 24h',
    '  default-server inter 500ms fastinter 200ms fall 2 rise 1 on-marked-down shutdown-sessions',
    ...servers.map(({ name, port: at, check }) => `  server ${name} 127.0.0.1:${at} check port ${check}`),
  ].join('\n');

/** One address for all ingest processes that answer `/health` with 200. */
export const ingestOf = (port: number, servers: readonly Behind[]): string =>
  [
    'listen ingest',
    `  bind 127.0.0.1:${port}`,
    '  mode http',
    '  balance leastconn',
    '  option httpchk GET /health',
    '  http-check expect status 200',
    '  option forwardfor',
    '  option redispatch',
    '  timeout client 65s',
    '  timeout server 65s',
    '  default-server inter 500ms fall 2 rise 1',
    ...servers.map(({ name, port: at }) => `  server ${name} 127.0.0.1:${at} check`),
  ].join('\n');

/** Starts HAProxy with some of its sections; `port` is one that it listens on. */
export const startHaproxy = async (
  path: string,
  folder: string,
  port: number,
  sections: readonly string[],
): Promise<Daemon> => {
  const settings = join(folder, `haproxy-${port}.cfg`);
  const common = [
    'global',
    '  maxconn 2000',
    'defaults',
    '  timeout connect 2s',
    '  timeout client 65s',
    '  timeout server 65s',
    '  timeout check 3s',
  ].join('\n');
  await writeFile(settings, `${[common, ...sections].join('\n\n')}\n`);
  return startDaemon(path, ['-db', '-f', settings], {
    isReady: async () => {
      const socket = connect(port, '127.0.0.1');
      try {
        await once(socket, 'connect');
        return true;
      } finally {
        socket.destroy();
      }
    },
  });
};
