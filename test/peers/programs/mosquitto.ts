import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './ports.ts';

/** Debian's broker, or undefined where it is not installed. */
export const MOSQUITTO = [
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
].find(existsSync);

/** A broker of other people's on loopback. */
export type Mosquitto = {
  /** Where a user connects, with its password. */
  readonly urlOf: (user: string) => string;
  /** The authority that signed the broker's certificate. */
  readonly caFile: string;
  /** Lets another user in, without a restart. */
  readonly admit: (user: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const run = (program: string, args: readonly string[]): void => {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program}: ${stderr}`);
};

/** A certificate authority of our own and a certificate for 127.0.0.1. */
const certify = (folder: string): { caFile: string; certificate: string; key: string } => {
  const at = (name: string) => join(folder, name);
  const days = ['-days', '2'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('openssl', [
    'req',
    '-x509',
    ...curve,
    ...days,
    '-subj',
    '/CN=test authority',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  ]);
  run('openssl', [
    'req',
    ...curve,
    '-subj',
    '/CN=127.0.0.1',
    '-keyout',
    at('broker.key'),
    '-out',
    at('broker.csr'),
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ]);
  run('openssl', [
    'x509',
    '-req',
    ...days,
    '-in',
    at('broker.csr'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-copy_extensions',
    'copy',
    '-out',
    at('broker.pem'),
  ]);
  return { caFile: at('ca.pem'), certificate: at('broker.pem'), key: at('broker.key') };
};

/**
 * Starts Mosquitto with a password for each user. A device's user is its address, and it may use its own topics only.
 *
 * @param users who are let in from the beginning; one named `service` may read all batches
 */
export const startMosquitto = async (
  folder: string,
  users: readonly string[],
  transport: 'tcp' | 'tls' = 'tcp',
): Promise<Mosquitto> => {
  const [port = 0] = await freePorts(1);
  const [passwords, rights, settings] = [
    join(folder, 'passwords'),
    join(folder, 'rights'),
    join(folder, 'mosquitto.conf'),
  ];
  const enter = (user: string, flags: readonly string[]): void =>
    run('mosquitto_passwd', [...flags, passwords, user, `${user} secret`]);
  users.forEach((user, i) => enter(user, i === 0 ? ['-c', '-b'] : ['-b']));
  const tls = transport === 'tls' ? certify(folder) : undefined;
  await writeFile(
    rights,
    [
      'pattern write gridseal/v1/batches/%u/+',
      'pattern read gridseal/v1/results/%u/+',
      'user service',
      'topic read gridseal/v1/batches/#',
      'topic write gridseal/v1/results/#',
      '',
    ].join('\n'),
  );
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    ...(tls === undefined ? [] : [`acl_file ${rights}`, `certfile ${tls.certificate}`, `keyfile ${tls.key}`]),
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  const broker = spawn(MOSQUITTO ?? '', ['-c', settings], { stdio: 'ignore' });
  const ended = once(broker, 'exit');
  for (let attempt = 0; ; attempt += 1) {
    const socket = connectTcp(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) break;
    assert.ok(attempt < 100 && broker.exitCode === null, 'Mosquitto does not start');
    await sleep(50);
  }
  const scheme = transport === 'tls' ? 'mqtts' : 'mqtt';
  return {
    urlOf: (user) => `${scheme}://${user}:${encodeURIComponent(`${user} secret`)}@127.0.0.1:${port}`,
    caFile: tls?.caFile ?? '',
    admit: async (user) => {
      enter(user, ['-b']);
      broker.kill('SIGHUP');
      await sleep(200);
    },
    stop: async () => {
      broker.kill();
      await ended;
    },
  };
};
