import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MerkleError, verifyConsistency, verifyInclusion } from '../../protocol/src/index.ts';

// The cases of transparency-dev/merkle: sound proofs and mutations of them. A size or index may be any unsigned 64-bit
// integer, which a JavaScript number cannot hold, so numbers are read from the text itself.
type Case = {
  readonly name: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  // The fields of one kind of proof are in one file.
} & { readonly [size in 'leafIdx' | 'treeSize' | 'size1' | 'size2']: bigint } & {
  readonly [hash in 'leafHash' | 'root' | 'root1' | 'root2']: string;
};

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const pathOf = ({ proof }: Case): Uint8Array[] => (proof ?? []).map(bytes);

function exactIntegers(_name: string, value: unknown, context?: { source: string }): unknown {
  return typeof value === 'number' ? BigInt(context!.source) : value;
}

function runCases(file: string, verify: (one: Case) => void): void {
  const path = new URL(`../../../shared/vectors/rfc6962/${file}`, import.meta.url);
  const title = `RFC 6962 ${file}`;
  if (!existsSync(path)) {
    it(title, { skip: `cannot run: ${path.pathname} is not there` });
    return;
  }
  const cases = JSON.parse(readFileSync(path, 'utf8'), exactIntegers) as Case[];
  describe(title, () => {
    it('has 98 cases', () => {
      assert.equal(cases.length, 98);
    });
    for (const one of cases) {
      it(`${one.name}: ${one.wantErr ? 'refused' : 'accepted'}`, () => {
        if (one.wantErr) assert.throws(() => verify(one), MerkleError);
        else verify(one);
      });
    }
  });
}

runCases('inclusion.json', (one) => {
  verifyInclusion({
    index: one.leafIdx,
    size: one.treeSize,
    leafHash: bytes(one.leafHash),
    path: pathOf(one),
    root: bytes(one.root),
  });
});

runCases('consistency.json', (one) => {
  verifyConsistency({
    size1: one.size1,
    root1: bytes(one.root1),
    size2: one.size2,
    root2: bytes(one.root2),
    path: pathOf(one),
  });
});

describe('a 64-bit index', () => {
  it('is read exactly', () => {
    assert.deepEqual(JSON.parse('[18446744073709551615]', exactIntegers), [2n ** 64n - 1n]);
  });
});
