import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  decodeAuthorPart,
  digest as digestOf,
  toHex,
  type Hex,
  type IngestItem,
  type Reading,
} from '@gridseal/protocol';
import { deviceKeyFrom, randomPrivateKey, SdkError, ServiceError } from '@gridseal/sdk';
import { openStation, type Delivery, type Forward, type Station } from '../../edge/gateway/station.ts';
import { openSpool, SpoolError } from '../../edge/spool/spool.ts';
import { TEST_NOW, TEST_PROFILE, testDomain } from '../setup/devices.ts';
import { receiptOf, testOperator } from '../setup/operator.ts';
import { createTestFolder } from '../setup/postgres.ts';

const key = deviceKeyFrom('p256', randomPrivateKey('p256'));
const READINGS: readonly Reading[] = [
  { timeMs: 60_000n, channel: 1, quality: 0, value: -5n },
  { timeMs: 0n, channel: 1, quality: 0, value: 7n },
];

const digestOfItem = ({ authorPart }: IngestItem) =>
  toHex(digestOf(decodeAuthorPart(authorPart), testDomain));

/** The far end of a station: remembers what arrives and answers as told. */
const farEnd = (answer: (item: IngestItem) => Delivery) => {
  const arrived: IngestItem[] = [];
  const forward: Forward = (items) => {
    arrived.push(...items);
    return Promise.resolve(items.map(answer));
  };
  return { arrived, forward };
};
const accepting = () =>
  farEnd((item) => {
    const digest = digestOfItem(item);
    return { status: 'accepted', digest, receipt: receiptOf(digest) };
  });
const refusing = (code: string) =>
  farEnd((item) => ({
    status: 'refused',
    digest: digestOfItem(item),
    code,
    message: 'not so',
    retryable: false,
  }));

const stationIn = (folder: string, forward: Forward, batchesPerRequest = 64): Promise<Station> =>
  openStation({
    key,
    identity: key.firstIdentity,
    domain: testDomain,
    operator: testOperator,
    profile: TEST_PROFILE,
    folder,
    forward,
    now: () => TEST_NOW,
    randomKey: () => new Uint8Array(randomBytes(32)),
    batchesPerRequest,
  });

const folderOf = async (t: TestContext): Promise<string> => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  return folder.path;
};
const waitingIn = async (folder: string): Promise<readonly bigint[]> =>
  (await openSpool(join(folder, 'spool'))).waiting();

test('batches form one chain, each naming the one before, and are forgotten once receipted', async (t) => {
  const folder = await folderOf(t);
  const { arrived, forward } = accepting();
  const station = await stationIn(folder, forward);
  const digests = [await station.report(READINGS), await station.report(READINGS)];
  assert.equal((await station.flush()).length, 2);
  assert.deepEqual(arrived.map(digestOfItem), digests);
  const headers = arrived.map(({ authorPart }) => decodeAuthorPart(authorPart).header);
  assert.deepEqual(
    headers.map(({ sequence }) => sequence),
    [0n, 1n],
  );
  assert.deepEqual(
    headers.slice(1).map(({ previous }) => toHex(previous)),
    digests.slice(0, 1),
  );
  assert.deepEqual(await waitingIn(folder), []);
});

test('a restart continues the chain and sends the very bytes that wait', async (t) => {
  const folder = await folderOf(t);
  const lost = await stationIn(folder, () => Promise.reject(new Error('the line is down')));
  const first = await lost.report(READINGS);
  await assert.rejects(lost.flush(), /line is down/u);

  const { arrived, forward } = accepting();
  const again = await stationIn(folder, forward);
  const second = await again.report(READINGS);
  await again.flush();
  assert.deepEqual(arrived.map(digestOfItem), [first, second]);
});

test('a power cut between batch and head signs no number twice', async (t) => {
  const folder = await folderOf(t);
  const first = await (await stationIn(folder, accepting().forward)).report(READINGS);
  await rm(join(folder, 'head.json'));

  const { arrived, forward } = accepting();
  const again = await stationIn(folder, forward);
  await again.report(READINGS);
  await again.flush();
  const headers = arrived.map(({ authorPart }) => decodeAuthorPart(authorPart).header);
  assert.deepEqual(
    headers.map(({ sequence }) => sequence),
    [0n, 1n],
  );
  assert.deepEqual(
    headers.slice(1).map(({ previous }) => toHex(previous)),
    [first],
  );
});

test('a cut at every byte of the last batch sends no torn one and signs none of the others again', async (t) => {
  const folder = await folderOf(t);
  const silent = await stationIn(folder, () => Promise.reject(new Error('the line is down')));
  const digests = [await silent.report(READINGS), await silent.report(READINGS)];
  const headBefore = await readFile(join(folder, 'head.json'));
  const [segment = ''] = (await readdir(join(folder, 'spool'))).filter((name) => name.endsWith('.spool'));
  const path = join(folder, 'spool', segment);
  const two = (await readFile(path)).length;
  const third = await silent.report(READINGS);
  const whole = await readFile(path);
  for (let length = two; length <= whole.length; length += 7) {
    await writeFile(path, whole.subarray(0, length));
    // The head is written after the batch, so a cut within the batch finds the head before it.
    await writeFile(join(folder, 'head.json'), headBefore);
    const { arrived, forward } = accepting();
    const again = await stationIn(folder, forward);
    assert.equal(again.waiting(), length === whole.length ? 3 : 2);
    await assert.doesNotReject(again.flush());
    assert.deepEqual(arrived.map(digestOfItem), length === whole.length ? [...digests, third] : digests);
    await rm(join(folder, 'spool', 'done.json'));
  }
});

test('a station whose newest signed batch is lost does not go on: its number may have been sent', async (t) => {
  const folder = await folderOf(t);
  const station = await stationIn(folder, () => Promise.reject(new Error('the line is down')));
  await station.report(READINGS);
  const [segment = ''] = (await readdir(join(folder, 'spool'))).filter((name) => name.endsWith('.spool'));
  await rm(join(folder, 'spool', segment));
  await assert.rejects(stationIn(folder, accepting().forward), SpoolError);
});

test('batches that are reported at once take one number each', async (t) => {
  const { arrived, forward } = accepting();
  const station = await stationIn(await folderOf(t), forward);
  await Promise.all(Array.from({ length: 5 }, () => station.report(READINGS)));
  await station.flush();
  const sequences = arrived.map(({ authorPart }) => decodeAuthorPart(authorPart).header.sequence);
  assert.deepEqual(sequences, [0n, 1n, 2n, 3n, 4n]);
});

test('a refusal that a later time may heal leaves the batch waiting, and no other does [A4]', async (t) => {
  const folder = await folderOf(t);
  const early = await stationIn(folder, refusing('clock-skew').forward);
  const digest = await early.report(READINGS);
  await early.flush();
  for (const code of ['key-unknown', 'owner-not-admitted', 'wrong-chain', 'something-new'])
    await (await stationIn(folder, refusing(code).forward)).flush();
  assert.deepEqual(await waitingIn(folder), [0n]);
  const { arrived, forward } = accepting();
  const [delivery] = await (await stationIn(folder, forward)).flush();
  assert.deepEqual([delivery?.status, delivery?.digest], ['accepted', digest]);
  assert.deepEqual(arrived.map(digestOfItem), [digest]);
  assert.deepEqual(await waitingIn(folder), []);
});

test('a batch refused for good is set aside with the reason, and is known as refused', async (t) => {
  const folder = await folderOf(t);
  const station = await stationIn(folder, refusing('profile-mismatch').forward);
  await station.report(READINGS);
  const [delivery] = await station.flush();
  assert.deepEqual([delivery?.status, await waitingIn(folder)], ['refused', []]);
  const [reason] = (await readdir(join(folder, 'spool', 'refused'))).filter((name) =>
    name.endsWith('.reason'),
  );
  assert.equal(
    await readFile(join(folder, 'spool', 'refused', reason ?? ''), 'utf8'),
    'profile-mismatch: not so\n',
  );
  const again = await stationIn(folder, accepting().forward);
  assert.deepEqual([again.isRefused(0n), again.isRefused(1n)], [true, false]);
});

const ZEROS = `0x${'00'.repeat(32)}` as const;

test('what is not signed by the operator for these batches is not believed: all of it waits [A1]', async (t) => {
  const folder = await folderOf(t);
  const answers: Readonly<Record<string, (deliveries: readonly Delivery[]) => readonly Delivery[]>> = {
    'a receipt of zeros': (good) =>
      good.map((one) => ({
        ...one,
        receipt: { ...receiptOf(ZEROS), signature: `0x01${'00'.repeat(65)}` },
      })),
    'a receipt of another batch': (good) => good.map((one) => ({ ...one, receipt: receiptOf(ZEROS) })),
    'a receipt whose time was changed': (good) =>
      good.map((one) =>
        one.status === 'refused' ? one : { ...one, receipt: { ...one.receipt, deadline: '1' } },
      ),
    'fewer results than batches': (good) => good.slice(1),
    'more results than batches': (good) => [...good, ...good.slice(1)],
    'results of other batches': (good) => good.map((one) => ({ ...one, digest: ZEROS })),
    'the same result twice': (good) => good.map(() => good[0]!),
    'a refusal of another batch': (good) =>
      good.map(() => ({
        status: 'refused',
        digest: ZEROS,
        code: 'malformed',
        message: 'no',
        retryable: false,
      })),
  };
  for (const [what, change] of Object.entries(answers)) {
    const { forward } = accepting();
    const station = await stationIn(folder, async (items) => change(await forward(items)));
    if (station.waiting() === 0) for (let i = 0; i < 2; i += 1) await station.report(READINGS);
    await assert.rejects(
      station.flush(),
      (error) => error instanceof SdkError && error.code === 'unexpected-answer' && error.retryable,
      what,
    );
    assert.deepEqual(await waitingIn(folder), [0n, 1n], what);
  }
  const { forward } = accepting();
  const reversed = await stationIn(folder, async (items) => (await forward(items)).toReversed());
  await reversed.flush();
  assert.deepEqual(await waitingIn(folder), [], 'results are told by their digests, in any order');
});

test('a message too large for what stands before the service is sent in parts [A6]', async (t) => {
  const folder = await folderOf(t);
  const { arrived, forward } = accepting();
  const sizes: number[] = [];
  const narrow: Forward = (items) => {
    sizes.push(items.length);
    if (items.length <= 2) return forward(items);
    const problem = { code: 'unexpected-answer', status: 413, title: 'too large' };
    return Promise.reject(new ServiceError(problem, undefined));
  };
  const station = await stationIn(folder, narrow);
  const digests: Hex[] = [];
  for (let i = 0; i < 5; i += 1) digests.push(await station.report(READINGS));
  await station.flush();
  assert.deepEqual(arrived.map(digestOfItem), digests);
  assert.deepEqual(sizes, [5, 3, 2, 2, 1]);
});

test('what waits goes out in requests of at most the size asked for', async (t) => {
  const sizes: number[] = [];
  const { forward } = accepting();
  const counting: Forward = (items) => {
    sizes.push(items.length);
    return forward(items);
  };
  const station = await stationIn(await folderOf(t), counting, 2);
  for (let i = 0; i < 5; i += 1) await station.report(READINGS);
  await station.flush();
  assert.deepEqual(sizes, [2, 2, 1]);
});

test('deliveries are told before their batches are forgotten, also when a later request fails', async (t) => {
  const folder = await folderOf(t);
  const { forward } = accepting();
  let requests = 0;
  const breaking: Forward = (items) => {
    requests += 1;
    return requests === 1 ? forward(items) : Promise.reject(new Error('the line is down'));
  };
  const station = await stationIn(folder, breaking, 1);
  const digests = [await station.report(READINGS), await station.report(READINGS)];
  const told: (Hex | null | undefined)[] = [];
  const note = (deliveries: readonly Delivery[]): Promise<void> => {
    told.push(...deliveries.map((one) => ('digest' in one ? one.digest : undefined)));
    return Promise.resolve();
  };
  await assert.rejects(station.flush(note), /line is down/u);
  assert.deepEqual(told, digests.slice(0, 1));

  const again = await stationIn(folder, forward);
  const killed = () => Promise.reject(new Error('killed while it kept the receipt'));
  await assert.rejects(again.flush(killed), /killed/u);
  assert.deepEqual(await waitingIn(folder), [1n]);
  await (await stationIn(folder, forward)).flush(note);
  assert.deepEqual(told, digests);
});
