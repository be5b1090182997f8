import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/**
 * A case of transparency-dev/merkle: a sound proof or a mutation of one. Hashes are base64, sizes and indices any
 * unsigned 64-bit integer.
 */
export type Case = {
  readonly name: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  // The fields of one kind of proof are in one file.
} & { readonly [size in 'leafIdx' | 'treeSize' | 'size1' | 'size2']: bigint } & {
  readonly [hash in 'leafHash' | 'root' | 'root1' | 'root2']: string;
};

/** Reviver for `JSON.parse`: numbers come from the text itself, for a JavaScript number cannot hold 64 bits. */
export function exactIntegers(_name: string, value: unknown, context?: { source: string }): unknown {
  return typeof value === 'number' ? BigInt(context!.source) : value;
}

/**
 * Puts every case of a file to a verifier.
 *
 * @param verifier whose, for the title
 * @param accepts resolves to why the proof was refused, or to undefined
 */
export function runCases(
  verifier: string,
  file: 'inclusion.json' | 'consistency.json',
  accepts: (one: Case) => string | undefined | Promise<string | undefined>,
): void {
  const path = new URL(`../../../shared/vectors/rfc6962/${file}`, import.meta.url);
  const title = `RFC 6962 ${file}, ${verifier}`;
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
      it(`${one.name}: ${one.wantErr ? 'refused' : 'accepted'}`, async () => {
        const refusal = await accepts(one);
        if (one.wantErr) assert.notEqual(refusal, undefined);
        else assert.equal(refusal, undefined);
      });
    }
  });
}
