import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { deploy, loadFixture } from '../../setup/hardhat.ts';
import { refusalOf } from '../../setup/refusal.ts';

// The vectors that the TypeScript tests run as well; a contract checks proofs and builds none.
type Fields = Readonly<
  Record<'index' | 'size' | 'leafHash' | 'root' | 'size1' | 'root1' | 'size2' | 'root2', string>
>;
type Vector = {
  readonly name: string;
  readonly operation: string;
  readonly input: Fields & { readonly path: readonly string[] };
  readonly wantErr?: { readonly code: string };
};

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/merkle.json', import.meta.url), 'utf8'),
) as Vector[];

async function library() {
  return deploy<'requireInclusion' | 'requireConsistency'>('Rfc6962Harness');
}

/** A hash of another length, or a number beyond 64 bits, cannot even be given to a contract. */
const refusalsOf = (code: string): string[] =>
  code === 'HashLength'
    ? ['ABI']
    : code === 'SizeOutOfRange' || code === 'IndexOutOfRange'
      ? [`Rfc6962${code}`, 'ABI']
      : [`Rfc6962${code}`];

describe('vectors merkle.json in Solidity', () => {
  const checks = vectors.filter(({ operation }) => operation === 'inclusion' || operation === 'consistency');

  for (const { name, operation, input, wantErr } of checks) {
    it(`${operation}: ${name}`, async () => {
      const contract = await loadFixture(library);
      const { index, size, leafHash, root, size1, root1, size2, root2, path } = input;
      const refusal = await refusalOf(contract, () =>
        operation === 'inclusion'
          ? contract.requireInclusion(leafHash, index, size, root, path)
          : contract.requireConsistency(size1, root1, size2, root2, path),
      );
      if (wantErr === undefined) expect(refusal).to.equal(undefined);
      else expect(refusal).to.be.oneOf(refusalsOf(wantErr.code));
    });
  }

  it('meets both checks, sound and damaged', () => {
    const met = new Set(checks.map(({ operation, wantErr }) => `${operation} ${wantErr?.code ?? 'holds'}`));
    for (const operation of ['inclusion', 'consistency']) {
      for (const outcome of ['holds', 'RootMismatch', 'PathLength', 'SizeOutOfRange']) {
        expect(met).to.include(`${operation} ${outcome}`);
      }
    }
  });
});
