import { MAX_TREE_SIZE, HASH_LENGTH } from '../merkle/hash.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { TlogError } from './errors.ts';

/** A state of a log (C2SP tlog-checkpoint). */
export type Checkpoint = {
  /** `<host>/<logId>/<epoch>`; also the name of the key that signs. */
  readonly origin: string;
  readonly size: bigint;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Uint8Array;
};

/** What C2SP recommends and we write; a reader takes any line. */
const ORIGIN = /^[^\p{White_Space}\p{Cc}\p{Cs}+]+$/u;
const DECIMAL = /^(?:0|[1-9]\d{0,18})$/u;

/**
 * Text of a checkpoint, which a note signs: origin, size and root, one a line. Gridseal writes no extension lines.
 *
 * @throws TlogError `CheckpointText`
 * @example formatCheckpoint({ origin: 'log.example/0', size: 0n, root: emptyRoot() })
 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!ORIGIN.test(origin)) {
    throw new TlogError('CheckpointText', 'an origin without spaces, control characters and plus signs');
  }
  if (size < 0n || size >= MAX_TREE_SIZE)
    throw new TlogError('CheckpointText', `a size below ${MAX_TREE_SIZE}`);
  if (root.length !== HASH_LENGTH) throw new TlogError('CheckpointText', 'a root of 32 bytes');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Parses the text of a checkpoint note. Extension lines are refused: nothing of ours would cover what they say.
 *
 * @throws TlogError `CheckpointText`
 * @example parseCheckpoint(parseNote(signed).text) // { origin, size, root }
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, hash, end, ...extensions] = text.split('\n');
  if (origin === undefined || origin === '' || extensions.length > 0 || end !== '') {
    throw new TlogError('CheckpointText', 'origin, size and root, one a line, and nothing else');
  }
  if (size === undefined || !DECIMAL.test(size) || BigInt(size) >= MAX_TREE_SIZE) {
    throw new TlogError('CheckpointText', `a decimal size below ${MAX_TREE_SIZE}`);
  }
  const root = fromBase64(hash ?? '!');
  if (root?.length !== HASH_LENGTH) throw new TlogError('CheckpointText', 'base64 of a root of 32 bytes');
  return { origin, size: BigInt(size), root };
}
