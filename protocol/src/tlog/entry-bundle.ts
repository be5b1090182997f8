import { ByteReader, ByteWriter } from '../bytes.ts';
import { TlogError } from './errors.ts';
import { TILE_WIDTH } from './tile.ts';

const MAX_ENTRY_LENGTH = 65_535;

/**
 * Bytes of an entry bundle: each entry after its length as a big-endian 16-bit integer (C2SP tlog-tiles).
 *
 * @throws TlogError `EntryBundle`
 * @example encodeEntryBundle([Uint8Array.of(7)]) // Uint8Array [0, 1, 7]
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE_WIDTH)
    throw new TlogError('EntryBundle', '1 to 256 entries');
  const writer = new ByteWriter(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_LENGTH)
      throw new TlogError('EntryBundle', `entries of at most ${MAX_ENTRY_LENGTH} bytes`);
    writer.u16(entry.length, 'length').bytes(entry);
  }
  return writer.finish();
}

/**
 * Entries of a bundle, as views of it.
 *
 * @throws TlogError `EntryBundle`; ProtocolError `Truncated`
 * @example decodeEntryBundle(bytes).map((entry) => hashLeaf(entry)) // hashes of the level-0 tile
 */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(bytes);
  const entries: Uint8Array[] = [];
  while (reader.remaining > 0) {
    if (entries.length === TILE_WIDTH) throw new TlogError('EntryBundle', 'at most 256 entries');
    entries.push(reader.take(reader.u16('length'), 'entry'));
  }
  if (entries.length === 0) throw new TlogError('EntryBundle', 'at least one entry');
  return entries;
}
