import assert from 'node:assert/strict';
import {
  decodeIngestBody,
  decodePayloadBlock,
  encodeIngestBody,
  fromHex,
  keyCommitment,
  openPayload,
  payloadCid,
  payloadKey,
  saltKey,
  unwrapBatchKey,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';

runVectors('payload.json', {
  'salt key': ({ batchKey }) => ({ derived: saltKey(fromHex(batchKey)) }),
  'payload key': ({ batchKey }) => ({ derived: payloadKey(fromHex(batchKey)) }),
  'key commitment': ({ batchKey }) => ({ derived: keyCommitment(fromHex(batchKey)) }),
  'open payload': ({ block, batchKey, digest, count }) => {
    const bytes = fromHex(block);
    return {
      columnar: openPayload({ block: bytes, batchKey: fromHex(batchKey), digest: fromHex(digest), count }),
      periodId: decodePayloadBlock(bytes).periodId,
      cid: payloadCid(bytes),
    };
  },
  unwrap: ({ block, periodKey }) => {
    const { wrappedKey } = decodePayloadBlock(fromHex(block));
    return { batchKey: unwrapBatchKey({ wrappedKey, periodKey: fromHex(periodKey) }) };
  },
});

runVectors('ingest-body.json', {
  'ingest body': ({ body }) => {
    const bytes = fromHex(body);
    const items = decodeIngestBody(bytes);
    assert.deepEqual(encodeIngestBody(items), bytes);
    return items;
  },
});
