import assert from 'node:assert/strict';
import { decodeEntry, decodePayloadBlock } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';
import { EvidenceError } from '../../../backend/features/evidence/errors.ts';
import type { Erasers } from './erasers.ts';
import type { FaultyProcess } from './process.ts';
import type { Senders } from './senders.ts';

/** Whether every erasure that was asked for is done and in the log. */
export const isErased = async (
  { erasures }: Pick<FaultyProcess, 'erasures'>,
  { asked, unanswered }: Erasers,
): Promise<boolean> => {
  for (const name of [...asked, ...unanswered]) {
    const state = await erasures.find(digestOf(name));
    if (state !== undefined && (state.erasedMs === undefined || state.index === undefined)) return false;
  }
  return true;
};

/** Judges payloads at rest: what was to be erased has no key anywhere, and everything else opens to what its device signed. */
export const judgePayloads = async (
  { log, content, evidence, erasures }: FaultyProcess,
  senders: Senders,
  erasers: Erasers,
): Promise<void> => {
  for (const [name, { batch }] of senders.held) {
    const { digest } = batch;
    const entry = await log.entry((await log.indexOf(digest))!);
    const state = await erasures.find(digest);
    if (state === undefined) {
      assert.ok(!erasers.asked.has(name), `an erasure that was acknowledged is lost: ${name}`);
      if (!erasers.unanswered.has(name)) await evidence.opener.open(digest, entry);
      continue;
    }
    assert.ok(
      erasers.asked.has(name) || erasers.unanswered.has(name),
      `erased without being asked to: ${name}`,
    );
    await assert.rejects(
      evidence.opener.open(digest, entry),
      (error) => error instanceof EvidenceError && error.code === 'payload-erased',
    );
    const block = await content.get(CID.decode(decodeEntry(entry.bytes).operatorPart.payloadCid));
    assert.ok(block !== undefined, `the payload of ${name} is not in the content store`);
    const key = await evidence.batchKeys(digest, decodePayloadBlock(block));
    assert.equal(key, undefined, `a key still opens what was erased: ${name}`);
  }
};

const digestOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(name.slice(2), 'hex'));
