import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { HAPROXY, primaryOf, startHaproxy } from '../programs/haproxy.ts';
import { postgresNode, POSTGRESQL, untilSynchronous, type PostgresNode } from '../programs/postgresql.ts';
import { freePorts } from '../programs/ports.ts';

/** How a primary goes: its machine dies, or hangs and comes back when another is the primary. */
export type Failure = 'killed' | 'paused';

/** A PostgreSQL primary and its synchronous standby behind one address. */
export type DatabasePair = {
  /** Where the primary is, whichever it is. */
  readonly url: string;
  readonly primary: () => PostgresNode;
  readonly standby: () => PostgresNode;
  /** Lets the primary go and its standby take over; resolves when the new primary takes writes again. */
  readonly failOver: (how: Failure, meanwhile?: () => Promise<void>) => Promise<void>;
  /** Makes the primary of the standby, now that the old one is gone, and the old one its standby. @param comesBack what the old one does meanwhile */
  readonly takeOver: (comesBack?: () => Promise<void>) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What Debian's packages must have brought, in words that say how. @throws Error naming what is missing */
export const requirePackages = (): { readonly postgresql: string; readonly haproxy: string } => {
  if (POSTGRESQL === undefined) throw new Error('no PostgreSQL: apt-get install postgresql');
  if (HAPROXY === undefined) throw new Error('no HAProxy: apt-get install haproxy');
  return { postgresql: POSTGRESQL, haproxy: HAPROXY };
};

const CHECK_MS = 2_500;

/**
 * Says over HTTP whether a node is the primary, as Patroni and its like do: it must be the one that was named, so that an old
 * primary which comes back is not taken for one, and it must say so itself.
 */
const startRoleCheck = async (node: PostgresNode, isNamed: () => boolean): Promise<[Server, number]> => {
  const server = createServer((_request, response) => {
    void (async () => {
      const [row] = isNamed()
        ? await node
            .ask<{ primary: boolean }>('SELECT NOT pg_is_in_recovery() AS primary', CHECK_MS)
            .catch(() => [])
        : [];
      response.writeHead(row?.primary === true ? 200 : 503).end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the role check has no port');
  return [server, address.port];
};

/** Starts the pair below a folder that PostgreSQL's account may enter. */
export const startDatabasePair = async (folder: string): Promise<DatabasePair> => {
  const { postgresql, haproxy } = requirePackages();
  let primary = await postgresNode(postgresql, folder, 'gridseal_a');
  let standby = await postgresNode(postgresql, folder, 'gridseal_b');
  const nodes = [primary, standby] as const;
  await primary.create();
  await primary.start();
  await standby.copyFrom(primary);
  await standby.start();
  await untilSynchronous(primary, standby);

  let named: PostgresNode | undefined = primary;
  const checks = await Promise.all(nodes.map((node) => startRoleCheck(node, () => node === named)));
  const [port = 0] = await freePorts(1);
  const servers = nodes.map(({ name, url }, i) => ({
    name,
    port: Number(new URL(url).port),
    check: checks[i]![1],
  }));
  const balancer = await startHaproxy(haproxy, folder, port, [primaryOf(port, servers)]);
  const url = new URL(primary.url);
  url.port = String(port);

  const takeOver = async (comesBack?: () => Promise<void>): Promise<void> => {
    const [old, next] = [primary, standby];
    named = undefined;
    await next.promote();
    [primary, standby] = [next, old];
    named = next;
    await comesBack?.();
    await old.copyFrom(next);
    await old.start();
    await untilSynchronous(next, old);
  };

  return {
    url: url.href,
    primary: () => primary,
    standby: () => standby,
    takeOver,
    failOver: async (how, meanwhile) => {
      const old = primary;
      if (how === 'killed') await old.kill();
      else await old.pause();
      named = undefined;
      await meanwhile?.();
      await takeOver(
        how === 'killed'
          ? undefined
          : async () => {
              await old.resume();
              await old.stop();
            },
      );
    },
    stop: async () => {
      await balancer.stop();
      for (const [server] of checks) {
        server.close();
        server.closeAllConnections();
      }
      for (const node of nodes) await node.stop();
    },
  };
};
