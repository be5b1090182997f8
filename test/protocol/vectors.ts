import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MerkleError, ProtocolError, TlogError, toHex } from '../../protocol/src/index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- vectors are JSON; a wrong shape fails its test
type Input = any;
type Vector = { name: string; operation: string; input: Input } & (
  { expected: unknown } | { wantErr: { code: string; field?: string } }
);

/** What each operation of a vector file does to a vector's input. */
export type Operations = { readonly [operation: string]: (input: Input) => unknown };

/** Runs every vector of a file; an operation without a vector, or a vector without an operation, fails. */
export function runVectors(file: string, operations: Operations): void {
  const path = new URL(`../vectors/${file}`, import.meta.url);
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vector[];
  describe(`vectors ${file}`, () => {
    for (const vector of vectors) {
      it(`${vector.operation}: ${vector.name}`, () => {
        const operate = operations[vector.operation];
        assert.ok(operate !== undefined, `no operation ${vector.operation}`);
        if ('expected' in vector) {
          assert.deepEqual(asJson(operate(vector.input)), vector.expected);
          return;
        }
        assert.throws(
          () => operate(vector.input),
          (error) => {
            assert.deepEqual(refusalOf(error), vector.wantErr);
            return true;
          },
        );
      });
    }

    it('meets every operation', () => {
      const met = new Set(vectors.map(({ operation }) => operation));
      assert.deepEqual([...met].sort(), Object.keys(operations).sort());
    });
  });
}

function refusalOf(error: unknown): { code: string; field?: string } {
  if (error instanceof ProtocolError) return { code: error.code, field: error.field };
  if (error instanceof MerkleError || error instanceof TlogError) return { code: error.code };
  throw error;
}

/** Bytes as hex, bigints as decimal strings, undefined as null. */
function asJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asJson(member)]));
}
