import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashTypedData } from 'viem';
import {
  digest,
  digestOfEncoded,
  domainOf,
  encodeAuthorPart,
  KINDS,
  toHex,
  typedData,
  unsignedPart,
  type KindName,
  type StatementOf,
} from '../../../protocol/src/index.ts';
import { bytesOf, headers, u64 } from '../arbitraries.ts';
import { bodies } from './bodies.ts';

const domains = fc
  .record({ chainId: u64, evidenceLog: bytesOf(20), logId: bytesOf(32) })
  .map((values) => domainOf(values));

describe('digest', () => {
  for (const kind of Object.keys(KINDS) as KindName[]) {
    it(`of ${kind} is what viem hashes for its typed data`, () => {
      fc.assert(
        fc.property(headers, bodies[kind], domains, (header, body, domain) => {
          const statement = { kind, header, body } as StatementOf<typeof kind>;
          const expected = hashTypedData(typedData(statement, domain) as Parameters<typeof hashTypedData>[0]);
          const part = unsignedPart(statement);
          assert.equal(toHex(digest(part, domain)), expected);
          const encoded = encodeAuthorPart({ ...part, signature: new Uint8Array(66) });
          assert.equal(toHex(digestOfEncoded(encoded, domain)), expected);
        }),
        { numRuns: 50 },
      );
    });
  }
});
