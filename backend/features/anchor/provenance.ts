import { equal, fromHex, toHex } from '@gridseal/protocol';
import type { Primitives } from '@gridseal/protocol/primitives';
import { parseCheckpoint } from '@gridseal/protocol/tlog/checkpoint';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import { parseNote, verifyNoteSignature, type NoteSigner } from '@gridseal/protocol/tlog/note';

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
    const { text, signatures } = parseNote(manifest.checkpoint);
    const signed = parseCheckpoint(text);
    const isOfState =
      signed.origin === note.verifierKey.name && signed.size === size && toHex(signed.root) === root;
    return (
      isOfState &&
      equal(manifest.root, signed.root) &&
      signatures.some((line) => verifyNoteSignature(text, line, note.verifierKey, primitives))
    );
  } catch (error) {
    if (error instanceof ManifestError || error instanceof TlogError) return false;
    throw error;
  }
};
