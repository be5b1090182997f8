import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeAuthorPart,
  decodeEntry,
  encodeAuthorPart,
  encodeEntry,
  KINDS,
  MAX_AUTHOR_PART_LENGTH,
  MAX_ENTRY_LENGTH,
  payloadCid,
  ProtocolError,
  readBody,
  readStatement,
  unsignedPart,
  type KindName,
  type StatementOf,
} from '../../../protocol/src/index.ts';
import { bytesOf, headers, u64 } from '../arbitraries.ts';
import { bodies } from './bodies.ts';

const kinds = Object.keys(KINDS) as KindName[];
const statements = fc
  .constantFrom(...kinds)
  .chain((kind) => fc.tuple(headers, bodies[kind]).map(([header, body]) => ({ kind, header, body })));
const signatures = fc.uint8Array({ maxLength: 140 });
const operatorParts = fc
  .tuple(u64, fc.option(fc.tuple(fc.uint8Array(), bytesOf(32))))
  .map(([receiptTimeMs, payload]) => ({
    receiptTimeMs,
    payloadCid: payload === null ? new Uint8Array() : payloadCid(payload[0]),
    keyCommitment: payload === null ? new Uint8Array() : payload[1],
  }));

describe('author part', () => {
  it('gives back the statement it was made of', () => {
    fc.assert(
      fc.property(statements, signatures, (statement, signature) => {
        const part = decodeAuthorPart(encodeAuthorPart({ ...unsignedPart(statement), signature }));
        assert.deepEqual(part.signature, signature);
        assert.deepEqual(readStatement(part), statement);
        assert.deepEqual(readBody(part, KINDS[statement.kind].type), statement.body);
      }),
    );
  });

  it('has one encoding: what a changed byte decodes to encodes to the changed bytes', () => {
    fc.assert(
      fc.property(statements, fc.nat(), fc.integer({ min: 1, max: 255 }), (statement, position, flip) => {
        const bytes = encodeAuthorPart({ ...unsignedPart(statement), signature: new Uint8Array(66) });
        bytes[position % bytes.length]! ^= flip;
        assertOneEncoding(bytes, (changed) => {
          const part = decodeAuthorPart(changed);
          return encodeAuthorPart({ ...unsignedPart(readStatement(part)), signature: part.signature });
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused when cut short anywhere or followed by a byte', () => {
    fc.assert(
      fc.property(statements, fc.nat(), (statement, cut) => {
        const bytes = encodeAuthorPart({ ...unsignedPart(statement), signature: new Uint8Array(66) });
        assert.throws(() => decodeAuthorPart(bytes.subarray(0, cut % bytes.length)), { code: 'Truncated' });
        assert.throws(() => decodeAuthorPart(Uint8Array.from([...bytes, 0])), { code: 'TrailingBytes' });
      }),
    );
  });

  it('of any bytes is decoded or refused by a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assertOneEncoding(bytes, (arbitrary) => encodeAuthorPart(decodeAuthorPart(arbitrary)));
      }),
    );
  });

  it('is bounded so that every one fits an entry', () => {
    const header = fc.sample(headers, 1)[0]!;
    const frame = encodeAuthorPart({ ...partWith(header, 0) }).length;
    const longest = encodeAuthorPart(partWith(header, MAX_AUTHOR_PART_LENGTH - frame));
    const operatorPart = {
      receiptTimeMs: 0n,
      payloadCid: payloadCid(longest),
      keyCommitment: new Uint8Array(32),
    };
    assert.equal(encodeEntry({ authorPart: longest, operatorPart }).length, MAX_ENTRY_LENGTH);
    assert.throws(() => encodeAuthorPart(partWith(header, MAX_AUTHOR_PART_LENGTH - frame + 1)), {
      code: 'TooLong',
    });
    assert.throws(() => decodeAuthorPart(new Uint8Array(MAX_AUTHOR_PART_LENGTH + 1)), { code: 'TooLong' });
  });
});

describe('entry', () => {
  it('gives back both parts', () => {
    fc.assert(
      fc.property(statements, signatures, operatorParts, (statement, signature, operatorPart) => {
        const authorPart = { ...unsignedPart(statement), signature };
        const bytes = encodeEntry({ authorPart, operatorPart });
        assert.deepEqual(decodeEntry(bytes), { authorPart, operatorPart });
        assert.deepEqual(encodeEntry({ authorPart: encodeAuthorPart(authorPart), operatorPart }), bytes);
      }),
    );
  });

  it('has one encoding', () => {
    fc.assert(
      fc.property(
        statements,
        operatorParts,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (statement, operatorPart, position, flip) => {
          const bytes = encodeEntry({
            authorPart: { ...unsignedPart(statement), signature: new Uint8Array(66) },
            operatorPart,
          });
          bytes[position % bytes.length]! ^= flip;
          assertOneEncoding(bytes, (changed) => encodeEntry(decodeEntry(changed)));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function partWith(header: StatementOf<KindName>['header'], length: number) {
  return {
    typeHash: new Uint8Array(32),
    header,
    words: new Uint8Array(32),
    attachments: [new Uint8Array(length)],
    signature: new Uint8Array(66),
  };
}

function assertOneEncoding(bytes: Uint8Array, decodeAndEncode: (bytes: Uint8Array) => Uint8Array): void {
  let again: Uint8Array;
  try {
    again = decodeAndEncode(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return;
  }
  assert.deepEqual(again, bytes);
}
