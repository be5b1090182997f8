import { readFileSync } from 'node:fs';

/** A vector as contracts meet it; `input` and `expected` are what its operation says. */
export type ContractVector<Input, Expected> = {
  readonly name: string;
  readonly input: Input;
  readonly expected?: Expected;
  readonly wantErr?: { readonly code: string };
};

/** The vectors of one operation of a file that the TypeScript tests run as well. */
export const contractVectors = <Input, Expected = never>(
  file: string,
  operation: string,
): readonly ContractVector<Input, Expected>[] => {
  const path = new URL(`../vectors/${file}`, import.meta.url);
  const all = JSON.parse(readFileSync(path, 'utf8')) as (ContractVector<Input, Expected> & {
    readonly operation: string;
  })[];
  return all.filter((vector) => vector.operation === operation);
};
