import { fromHex, toHex, type Hex } from '@gridseal/protocol';
import type { Primitives } from '@gridseal/protocol/primitives';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import {
  parseNote,
  verifyNoteSignature,
  type NoteSigner,
  type VerifierKey,
} from '@gridseal/protocol/tlog/note';

import { cborCid } from '../../content/blocks.ts';
import { readVerified, type ReadBlock } from '../../content/dag.ts';
import { decodeManifest, ManifestError } from './manifest.ts';
import type { ChainAnchor } from './types.ts';

/**
 * Whether our own note key signed what was anchored: then this database lacks what the log was, and nobody stole anything. It
 * can be told only where the content store has the anchor's manifest; a thief of the anchor key alone cannot make one.
 *
 * @throws what reading the content store throws
 */
export const isSignedByUs = async (
  { manifest: hash, size, root }: ChainAnchor,
  {
    read,
    note,
    primitives,
  }: { readonly read: ReadBlock; readonly note: NoteSigner; readonly primitives: Primitives },
): Promise<boolean> => {
  const bytes = await readVerified(read, cborCid(fromHex(hash)));
  if (bytes === undefined) return false;
  try {
    const manifest = decodeManifest(bytes);
    const { verifierKey: key } = note;
    return (
      toHex(manifest.root) === root &&
      isSignedCheckpoint(manifest.checkpoint, { key, size, root }, primitives)
    );
  } catch (error) {
    if (error instanceof ManifestError) return false;
    throw error;
  }
};

/** Whether a note is a log's checkpoint of a state, signed by its key of the name that it begins with. */
export const isSignedCheckpoint = (
  note: string,
  { key, size, root }: { readonly key: VerifierKey; readonly size: bigint; readonly root: Hex },
  primitives: Primitives,
): boolean => {
  try {
    const { text, signatures } = parseNote(note);
    const signed = parseCheckpoint(text);
    return (
      signed.origin === key.name &&
      signed.size === size &&
      toHex(signed.root) === root &&
      signatures.some((line) => verifyNoteSignature(text, line, key, primitives))
    );
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
};
