import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Profile } from '@gridseal/protocol';
import { getTrust, type GridsealClient } from '@gridseal/sdk';
import { ensureEnrolled, hashOfProfile } from '../../edge/gateway/enrol.ts';
import { forwardOverHttp } from '../../edge/gateway/forward.ts';
import { ensureKeyFile } from '../../edge/gateway/key-file.ts';
import { operatorIn } from '../../edge/gateway/pinned-trust.ts';
import { openStation, type Station } from '../../edge/gateway/station.ts';

/** A station with a P-256 key, as a secure element has it, enrolled under an owner of its own. */
export const openDemoStation = async (
  client: GridsealClient,
  dataDir: string,
  profile: Profile,
  name = 'station',
): Promise<Station> => {
  const folder = join(dataDir, name);
  const owner = await ensureKeyFile(join(folder, 'owner.key.json'), 'secp256k1');
  const { key, identity } = await ensureKeyFile(join(folder, 'key.json'), 'p256');
  const trust = await getTrust(client);
  await ensureEnrolled({ client, trust, key, owner: owner.key, identity, profile, now: Date.now });
  const trusted = operatorIn(trust);
  if (trusted === undefined) throw new Error('the service serves no log');
  return openStation({
    key,
    identity,
    ...trusted,
    profile: hashOfProfile(profile),
    folder,
    forward: forwardOverHttp(client),
    now: Date.now,
    randomKey: () => new Uint8Array(randomBytes(32)),
  });
};
