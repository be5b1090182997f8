import { HASH_LENGTH, MAX_TREE_SIZE } from '../merkle/hash.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { TlogError } from './errors.ts';

/** An entry's place in a log, provable offline (C2SP `tlog-proof@v1`). We write no extra data and refuse any. */
export type TlogProof = {
  readonly index: bigint;
  /** Inclusion path, from the leaf's sibling up. */
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
};

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const INDEX_LINE = /^index (?<index>0|[1-9]\d{0,18})$/u;
const MAX_PATH_LENGTH = 63;

/**
 * Text of a proof.
 *
 * @throws TlogError `ProofText` for an index, a path or a hash that {@link parseProof} would refuse
 * @example formatProof({ index: 5n, path, checkpoint: formatNote(note) })
 */
export function formatProof({ index, path, checkpoint }: TlogProof): string {
  if (index < 0n || index >= MAX_TREE_SIZE)
    throw new TlogError('ProofText', `an index from 0 to ${MAX_TREE_SIZE - 1n}`);
  if (path.length > MAX_PATH_LENGTH || path.some(({ length }) => length !== HASH_LENGTH)) {
    throw new TlogError('ProofText', `at most ${MAX_PATH_LENGTH} hashes of ${HASH_LENGTH} bytes`);
  }
  return `${[FIRST_LINE, `index ${index}`, ...path.map(toBase64)].join('\n')}\n\n${checkpoint}`;
}

/**
 * Parses a proof. There is one text for a proof: formatting it again gives the same bytes. The checkpoint is not parsed.
 *
 * @throws TlogError `ProofText`
 * @example const { index, path, checkpoint } = parseProof(await readFile('batch.tlog-proof', 'utf8'))
 */
export function parseProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  const [first, indexLine = '', ...hashes] = text.slice(0, Math.max(split, 0)).split('\n');
  const index = INDEX_LINE.exec(indexLine)?.groups?.index;
  if (first !== FIRST_LINE || index === undefined || hashes.length > MAX_PATH_LENGTH) {
    throw new TlogError('ProofText', `"${FIRST_LINE}", "index <decimal>", at most 63 hashes, an empty line`);
  }
  if (BigInt(index) >= MAX_TREE_SIZE) {
    throw new TlogError('ProofText', `an index from 0 to ${MAX_TREE_SIZE - 1n}`);
  }
  const path = hashes.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_LENGTH)
      throw new TlogError('ProofText', 'base64 of a hash on each line of the path');
    return hash;
  });
  return { index: BigInt(index), path, checkpoint: text.slice(split + 2) };
}
