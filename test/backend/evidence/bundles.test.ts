import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  formatProfile,
  fromHex,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  parseProof,
  profileHash,
  toHex,
  verifyInclusion,
  type Bundle,
  type Hex,
} from '@gridseal/protocol';
import { deviceKeyFrom } from '@gridseal/sdk/device/device-key';

import { createBatchKeys } from '../../../backend/adapters/keys/batch-keys.ts';
import type { KeyStanding } from '../../../backend/features/chain/types.ts';
import { createBundles, type BundleCheck } from '../../../backend/features/evidence/bundles.ts';
import { EvidenceError, type EvidenceErrorCode } from '../../../backend/features/evidence/errors.ts';
import { createBatchOpener } from '../../../backend/features/evidence/readings.ts';
import { createAnchoring, createTestLog } from '../../setup/anchoring.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';
import { createMemoryStore } from '../../setup/memory-store.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/postgres.ts';
import { sealChain, TEST_PERIOD, type SealedBatch } from '../../setup/statements.ts';

const REGISTRY: Hex = `0x${'77'.repeat(20)}`;
const key = deviceKeyFrom('p256', new Uint8Array(32).fill(5));
const profile = formatProfile({
  format: 'gridseal-profile/1',
  channels: [{ channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken', unit: 'Wh' }],
});

let chain: TestChain;
let postgres: TestDatabase;
let anchoring: ReturnType<typeof createAnchoring>;
let batches: SealedBatch[];
let standing: KeyStanding | undefined;

before(async () => {
  chain = await startTestChain();
});
after(() => chain.stop());
beforeEach(async (t) => {
  postgres = await createTestDatabase();
  if ('after' in t) t.after(() => postgres.close());
  await chain.cheat.setAutomine(false);
  const binding = await createTestLog(chain, REGISTRY);
  anchoring = createAnchoring(chain, postgres, binding);
  batches = sealChain({ key, domain: anchoring.domain, profile: profileHash(profile) }, 5);
  anchoring.log.append(...batches.map((batch) => batch.entry));
  standing = undefined;
});

const anchor = async () => {
  await anchoring.settle();
  await chain.cheat.mine({ blocks: 1 });
  await anchoring.settle();
};

const bundlesOf = (options: { check?: BundleCheck; profile?: string | undefined } = { profile }) =>
  createBundles({
    log: anchoring.log,
    archive: anchoring.archive,
    binding: anchoring.binding,
    directory: { ...anchoring.directory, find: () => standing },
    opener: createBatchOpener({
      source: {
        payloadOf: async (digest) => batches.find((batch) => toHex(batch.digest) === toHex(digest))?.payload,
      },
      store: createMemoryStore(),
      batchKeys: createBatchKeys({
        find: async (period) => (period === TEST_PERIOD.period ? TEST_PERIOD.key : undefined),
        rewrapped: async () => undefined,
      }),
      isErased: async () => false,
    }),
    profiles: { find: async () => options.profile },
    verifierKeys: [anchoring.log.signer.verifierKey],
    encode: (document) => new TextEncoder().encode(JSON.stringify(document)),
    check: options.check ?? (() => []),
  });

const read = (bundle: Uint8Array) => JSON.parse(new TextDecoder().decode(bundle)) as Bundle;
const refuses = (work: Promise<unknown>, code: EvidenceErrorCode) =>
  assert.rejects(work, (error) => error instanceof EvidenceError && error.code === code);

test('a bundle carries the proof under the very checkpoint that was anchored', async () => {
  await anchor();
  const bundle = read(await bundlesOf().build(batches[3]!.digest, { coverage: 'anchored' }));
  const { index, path, checkpoint } = parseProof(bundle.proof);
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
  verifyInclusion({ index, size, root, path, leafHash: hashLeaf(fromHex(bundle.entry)) });
  assert.deepEqual([index, size], [3n, 5n]);
  const event = await anchoring.store.event(0n, 5n);
  assert.equal(event?.root, toHex(root));
  assert.equal(bundle.anchor?.block.hash, event.blockHash);
  assert.deepEqual(bundle.authority?.lineage, []);
  assert.equal(bundle.verifierKeys.length, 1);
});

test('before an anchor a bundle is refused, unless the checkpoint alone will do', async () => {
  const [batch] = batches;
  await refuses(bundlesOf().build(batch!.digest, { coverage: 'anchored' }), 'not-anchored');
  const bundle = read(await bundlesOf().build(batch!.digest, { coverage: 'anchored-or-checkpoint' }));
  assert.equal(bundle.anchor, null);
  assert.equal(bundle.authority, null);
  await refuses(bundlesOf().build(new Uint8Array(32), { coverage: 'anchored' }), 'statement-unknown');
});

test('disclosed readings come with their profile, and only those chosen', async () => {
  await anchor();
  const options = { coverage: 'anchored', disclose: { indices: [1, 3] } } as const;
  const bundle = read(await bundlesOf().build(batches[0]!.digest, options));
  assert.deepEqual(
    bundle.readings?.disclosed.map((reading) => reading.index),
    ['1', '3'],
  );
  assert.equal(bundle.readings.profile, profile);
  await refuses(bundlesOf({ profile: undefined }).build(batches[0]!.digest, options), 'profile-unknown');
});

test('a statement of a revoked key is shown to be an ancestor of its last good one', async () => {
  await anchor();
  const revoke = (lastGood: Uint8Array): KeyStanding => ({
    identity: toHex(key.firstIdentity),
    keyId: toHex(key.keyId),
    algorithm: 2,
    purpose: 1,
    profile: toHex(profileHash(profile)),
    status: 'revoked',
    validFrom: 1n,
    enrolledAt: { number: 1n, hash: `0x${'00'.repeat(32)}`, time: 1n },
    revokedAt: 2n,
    lastGood: toHex(lastGood),
  });
  standing = revoke(batches[3]!.digest);
  const bundle = read(await bundlesOf().build(batches[1]!.digest, { coverage: 'anchored' }));
  assert.deepEqual(
    bundle.authority?.lineage,
    [batches[3]!, batches[2]!].map((batch) => toHex(batch.authorPart)),
  );
  await refuses(bundlesOf().build(batches[4]!.digest, { coverage: 'anchored' }), 'lineage-missing');
  standing = revoke(new Uint8Array(32));
  await refuses(bundlesOf().build(batches[0]!.digest, { coverage: 'anchored' }), 'lineage-missing');
});

test('a bundle that the verifier refuses does not leave', async () => {
  await anchor();
  const check: BundleCheck = () => ['inclusion: RootMismatch'];
  await refuses(bundlesOf({ check }).build(batches[0]!.digest, { coverage: 'anchored' }), 'bundle-refused');
});
