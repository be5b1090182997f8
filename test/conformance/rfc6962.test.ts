import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MerkleError, verifyConsistency, verifyInclusion } from '../../protocol/src/index.ts';
import { exactIntegers, runCases, type Case } from '../setup/rfc6962-cases.ts';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const pathOf = ({ proof }: Case): Uint8Array[] => (proof ?? []).map(bytes);

const refusalOf = (verify: () => void): string | undefined => {
  try {
    verify();
    return undefined;
  } catch (error) {
    if (error instanceof MerkleError) return error.code;
    throw error;
  }
};

runCases('TypeScript', 'inclusion.json', (one) =>
  refusalOf(() =>
    verifyInclusion({
      index: one.leafIdx,
      size: one.treeSize,
      leafHash: bytes(one.leafHash),
      path: pathOf(one),
      root: bytes(one.root),
    }),
  ),
);

runCases('TypeScript', 'consistency.json', (one) =>
  refusalOf(() =>
    verifyConsistency({
      size1: one.size1,
      root1: bytes(one.root1),
      size2: one.size2,
      root2: bytes(one.root2),
      path: pathOf(one),
    }),
  ),
);

describe('a 64-bit index', () => {
  it('is read exactly', () => {
    assert.deepEqual(JSON.parse('[18446744073709551615]', exactIntegers), [2n ** 64n - 1n]);
  });
});
