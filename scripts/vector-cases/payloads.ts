import { concatHex, size, stringToHex, type Hex } from 'viem';
import { seeded } from './fixture.ts';
import { batchKey, ramp } from './readings.ts';
import { columnar, deflateStored, derive, payloadBlock, sha256, uint } from './reference.ts';
import { cut, overwrite, refusal, type Json, type Vector } from './vector.ts';

const sealing = {
  batchKey,
  digest: seeded('digest'),
  nonce: cut(seeded('nonce'), 0, 12),
  periodId: '2026-11',
  periodKey: seeded('period key'),
} as const;
const sixty = columnar(ramp(60));
const block = payloadBlock({ ...sealing, plaintext: deflateStored(sixty) });
const sealedAt = 1 + 1 + sealing.periodId.length + 40 + 12;

function opening(plaintext: Buffer, change: { [name: string]: Json } = {}): { [name: string]: Json } {
  return {
    block: payloadBlock({ ...sealing, plaintext }),
    batchKey,
    digest: sealing.digest,
    count: 60,
    ...change,
  };
}

function refusedPayload(name: string, change: { [name: string]: Json }, code: string, field: string): Vector {
  return refusal('open payload', name, { ...opening(deflateStored(sixty)), ...change }, code, field);
}

export const payloadVectors: readonly Vector[] = [
  ...Object.entries({
    'salt key': derive(batchKey, 'gridseal/salts/v1'),
    'payload key': derive(batchKey, 'gridseal/payload/v1'),
    'key commitment': sha256(stringToHex('gridseal/key-commitment/v1'), batchKey),
  }).flatMap(([operation, derived]): Vector[] => [
    { name: 'of a batch key', operation, input: { batchKey }, expected: { derived } },
    refusal(operation, 'of 31 bytes', { batchKey: cut(batchKey, 1) }, 'LengthMismatch', 'batchKey'),
  ]),
  {
    name: 'a payload of sixty readings',
    operation: 'open payload',
    input: opening(deflateStored(sixty)),
    expected: {
      columnar: sixty,
      periodId: sealing.periodId,
      cid: concatHex(['0x01551220', sha256(block)]),
    },
  },
  {
    name: 'its batch key, unwrapped',
    operation: 'unwrap',
    input: { block, periodKey: sealing.periodKey },
    expected: { batchKey },
  },
  refusal('unwrap', 'another period key', { block, periodKey: seeded('other') }, 'NotOpened', 'wrappedKey'),
  refusal(
    'unwrap',
    'a wrapped key with a bit changed',
    { block: overwrite(block, 12, '00'), periodKey: sealing.periodKey },
    'NotOpened',
    'wrappedKey',
  ),
  refusedPayload('version 2', { block: overwrite(block, 0, '02') }, 'InvalidVersion', 'version'),
  refusedPayload('nothing', { block: '0x' }, 'Truncated', 'version'),
  refusedPayload('an empty period', { block: overwrite(block, 1, '00') }, 'OutOfRange', 'periodId'),
  refusedPayload(
    'a period that is not ASCII',
    { block: overwrite(block, 2, 'ff') },
    'OutOfRange',
    'periodId',
  ),
  refusedPayload('cut before the tag', { block: cut(block, 0, sealedAt + 15) }, 'Truncated', 'sealed'),
  refusedPayload('cut within the nonce', { block: cut(block, 0, sealedAt - 1) }, 'Truncated', 'nonce'),
  refusedPayload(
    'a byte of ciphertext changed',
    { block: overwrite(block, sealedAt, 'ff') },
    'NotOpened',
    'sealed',
  ),
  refusedPayload('a byte of the tag changed', { block: overwrite(block, -1, '55') }, 'NotOpened', 'sealed'),
  refusedPayload(
    'a byte of the nonce changed',
    { block: overwrite(block, sealedAt - 1, '55') },
    'NotOpened',
    'sealed',
  ),
  refusedPayload('a byte at the end', { block: `${block}00` }, 'NotOpened', 'sealed'),
  refusedPayload('another statement', { digest: seeded('other') }, 'NotOpened', 'sealed'),
  refusedPayload('another batch key', { batchKey: seeded('other') }, 'NotOpened', 'sealed'),
  refusedPayload('more than the count allows', { count: 1 }, 'TooLong', 'inflated'),
  refusal('open payload', 'not DEFLATE', opening(Buffer.from('07', 'hex')), 'InvalidDeflate', 'sealed'),
  refusal(
    'open payload',
    'DEFLATE cut short',
    opening(deflateStored(sixty).subarray(0, -1)),
    'InvalidDeflate',
    'sealed',
  ),
  refusal('open payload', 'an empty plaintext', opening(Buffer.alloc(0)), 'InvalidDeflate', 'sealed'),
];

const items = [3, 1].map((count) => ({
  authorPart: seeded(`author part ${count}`),
  batchKey: seeded(`batch key ${count}`),
  columnar: columnar(ramp(count)),
}));
const frames = items.map((item) => {
  const body = concatHex([uint(size(item.authorPart), 4), item.authorPart, item.batchKey, item.columnar]);
  return concatHex([uint(size(body), 4), body]);
});
const body = concatHex([stringToHex('GSB1'), '0x0002', ...frames]);

function refusedBody(name: string, bytes: Hex, code: string, field: string): Vector {
  return refusal('ingest body', name, { body: bytes }, code, field);
}

export const ingestVectors: readonly Vector[] = [
  { name: 'two batches', operation: 'ingest body', input: { body }, expected: items },
  refusedBody('nothing', '0x', 'Truncated', 'magic'),
  refusedBody('another format', overwrite(body, 3, '32'), 'InvalidVersion', 'magic'),
  refusedBody('no batch', concatHex([stringToHex('GSB1'), '0x0000']), 'CountMismatch', 'count'),
  refusedBody('a batch too few', overwrite(body, 4, '0003'), 'Truncated', 'batches[2]'),
  refusedBody('a batch too many', overwrite(body, 4, '0001'), 'TrailingBytes', 'body'),
  refusedBody('many batches claimed', overwrite(body, 4, 'ffff'), 'Truncated', 'batches[2]'),
  refusedBody('a batch longer than the body', overwrite(body, 6, 'ffffffff'), 'Truncated', 'batches[0]'),
  refusedBody(
    'an author part longer than its batch',
    overwrite(body, 10, 'ffffffff'),
    'Truncated',
    'batches[0].authorPart',
  ),
  refusedBody(
    'a batch without a whole key',
    concatHex([stringToHex('GSB1'), '0x0001', uint(4 + 31, 4), uint(0, 4), `0x${'00'.repeat(31)}`]),
    'Truncated',
    'batches[0].batchKey',
  ),
  refusedBody('a byte at the end', `${body}00`, 'TrailingBytes', 'body'),
];
