import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeEntryBundle, toHex, type Hex } from '@gridseal/protocol';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { foldRange, hashPairs, nodesOf } from '@gridseal/protocol/merkle/build';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import { parseNote, parseVerifierKey, verifyNoteSignature } from '@gridseal/protocol/tlog/note';
import { tilePath, widthAt } from '@gridseal/protocol/tlog/tile';
import { createGridsealClient, getTrust, parseSignedReceipt, requireReceipt } from '@gridseal/sdk';
import { loadPrimitives } from '@gridseal/sdk/node/crypto/native';
import type { Station } from './stations.ts';

const { primitives } = await loadPrimitives();
const WIDTH = 256n;
const REST_WITHIN_MS = 120_000;

/** Every checkpoint that anyone was shown: its size, and its root in hex. */
export type Shown = Map<bigint, Hex>;

/** Reads checkpoints from several addresses until told to stop. Two roots of one size are a fork. */
export const watchCheckpoints = async (
  urls: readonly string[],
  shown: Shown,
  until: { over: boolean },
): Promise<void> => {
  const look = async (url: string): Promise<void> => {
    const answer = await fetch(`${url}/log/checkpoint`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    if (answer?.status !== 200) return;
    const { size, root } = parseCheckpoint(parseNote(await answer.text()).text);
    const before = shown.get(size);
    assert.ok(before === undefined || before === toHex(root), `the log forked at size ${size}`);
    shown.set(size, toHex(root));
  };
  while (!until.over) {
    await Promise.all(urls.map(look));
    await sleep(50);
  }
};

/** Reads as a reader does: again, while the service says that it cannot for now. */
const read = async (url: string): Promise<Response> => {
  for (const end = Date.now() + REST_WITHIN_MS; ;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return answer;
    assert.ok(Date.now() < end, `${url} answers ${answer?.status ?? 'nothing'}`);
    await sleep(500);
  }
};

/** Leaf hashes of a log as its entries give them, read over HTTP. */
const readLeaves = async (url: string, size: bigint): Promise<Uint8Array> => {
  const leaves: Uint8Array[] = [];
  for (let index = 0n; index * WIDTH < size; index += 1n) {
    const width = widthAt('entries', index, size);
    const answer = await read(`${url}/log/${tilePath({ level: 'entries', index, width })}`);
    const entries = decodeEntryBundle(new Uint8Array(await answer.arrayBuffer()));
    leaves.push(...entries.map((entry) => hashLeaf(entry, primitives)));
  }
  return Buffer.concat(leaves);
};

/** The root of every size of a log; each hash of its tree is made once. */
const rootsOf = (leaves: Uint8Array): ((size: bigint) => Hex) => {
  const levels = [leaves];
  for (let row = leaves; row.length >= 64; levels.push(row))
    row = hashPairs(row.subarray(0, row.length - (row.length % 64)), primitives);
  return (size) => {
    const perfect = nodesOf(0n, size).map(({ level, index }) =>
      levels[level]!.subarray(32 * Number(index), 32 * Number(index + 1n)),
    );
    return toHex(foldRange(perfect, primitives));
  };
};

/**
 * Judges a log at rest: every receipt is the operator's and its entry is in the log under the newest checkpoint, and every
 * checkpoint that was shown is of the same log.
 *
 * @param url of any of the processes
 * @returns the size of the log
 */
export const judge = async (url: string, stations: readonly Station[], shown: Shown): Promise<bigint> => {
  const trust = await getTrust(createGridsealClient({ url }));
  const key = parseVerifierKey((await (await read(`${url}/log/key`)).text()).trim());
  const note = parseNote(await (await read(`${url}/log/checkpoint`)).text());
  assert.ok(
    note.signatures.some((line) => verifyNoteSignature(note.text, line, key, primitives)),
    'the checkpoint is not signed by the log',
  );
  const { size, root } = parseCheckpoint(note.text);
  const leaves = await readLeaves(url, size);
  const rootAt = rootsOf(leaves);
  assert.equal(rootAt(size), toHex(root), 'the entries are not those of the checkpoint');
  for (const [at, was] of shown)
    assert.equal(at > size ? 'gone' : rootAt(at), was, `the checkpoint shown at ${at} was taken back`);

  const places = new Map<Hex, number>();
  for (let i = 0; i < leaves.length; i += 32) places.set(toHex(leaves.subarray(i, i + 32)), i / 32);
  const lost: string[] = [];
  for (const { name, held, waiting } of stations) {
    assert.equal(waiting(), 0, `${name} has a receipt for every batch in the end`);
    for (const [digest, receipt] of held) {
      const signed = parseSignedReceipt(JSON.stringify(receipt));
      requireReceipt(signed, trust);
      assert.equal(toHex(signed.receipt.digest), digest);
      if (!places.has(receipt.entryHash)) lost.push(`${name}: ${digest}`);
    }
  }
  assert.deepEqual(lost, [], 'acknowledged and lost');
  return size;
};

/** Waits until everything that was acknowledged is in the log, anchored and archived. */
export const untilAtRest = async (url: string): Promise<void> => {
  const ask = async <T>(path: string): Promise<T> => (await (await read(`${url}${path}`)).json()) as T;
  for (const end = Date.now() + REST_WITHIN_MS; ;) {
    const { anchors } = await ask<{ anchors: readonly { size: string; status: string }[] }>(
      '/v1/anchors?limit=1',
    );
    const { parts } = await ask<{ parts: Record<string, { figures?: Record<string, number> }> }>('/health');
    const [, size] = (await (await read(`${url}/log/checkpoint`)).text()).split('\n');
    const isSequenced = parts.sequencer?.figures?.pendingStatements === 0;
    if (isSequenced && anchors[0]?.status === 'archived' && anchors[0].size === size) return;
    assert.ok(Date.now() < end, `not at rest: ${JSON.stringify([size, anchors, parts])}`);
    await sleep(200);
  }
};
