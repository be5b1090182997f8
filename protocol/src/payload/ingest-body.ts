import { ByteReader, ByteWriter, equal, requireLength, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

/** Media type of the compact ingest body. */
export const INGEST_MEDIA_TYPE = 'application/vnd.gridseal.batches';

/** Most batches one body may carry. */
export const MAX_BATCHES = 65_535;

const MAGIC = utf8('GSB1');

/** One batch as a device submits it. */
export type IngestItem = {
  /** Encoded author part, signature included. */
  readonly authorPart: Uint8Array;
  readonly batchKey: Uint8Array;
  /** Columnar plaintext of the readings. */
  readonly columnar: Uint8Array;
};

/**
 * Bytes of a compact ingest body.
 *
 * @throws ProtocolError `CountMismatch`, `LengthMismatch`, `OutOfRange`
 * @example await fetch(url, { method: 'POST', headers: { 'content-type': INGEST_MEDIA_TYPE }, body: encodeIngestBody(items) })
 */
export function encodeIngestBody(items: readonly IngestItem[]): Uint8Array {
  requireItemCount(items.length);
  const writer = new ByteWriter(1024 * items.length).bytes(MAGIC).u16(items.length, 'count');
  items.forEach(({ authorPart, batchKey, columnar }, i) => {
    requireLength(batchKey, 32, `batches[${i}].batchKey`);
    writer
      .u32(4 + authorPart.length + 32 + columnar.length, `batches[${i}]`)
      .u32(authorPart.length, `batches[${i}].authorPart`)
      .bytes(authorPart)
      .bytes(batchKey)
      .bytes(columnar);
  });
  return writer.finish();
}

/**
 * Splits a compact ingest body. The items are not decoded, so that one bad batch need not take the others with it; they
 * are views of `bytes`, whose length the caller has bounded.
 *
 * @throws ProtocolError `InvalidVersion`, `CountMismatch`, `Truncated`, `TrailingBytes`
 */
export function decodeIngestBody(bytes: Uint8Array): IngestItem[] {
  const reader = new ByteReader(bytes);
  if (!equal(reader.take(MAGIC.length, 'magic'), MAGIC)) {
    throw new ProtocolError('InvalidVersion', 'magic', { expected: 'GSB1' });
  }
  const count = reader.u16('count');
  requireItemCount(count);
  const items: IngestItem[] = [];
  for (let i = 0; i < count; i++) {
    const field = `batches[${i}]`;
    const item = new ByteReader(reader.take(reader.u32(field), field));
    items.push({
      authorPart: item.take(item.u32(`${field}.authorPart`), `${field}.authorPart`),
      batchKey: item.take(32, `${field}.batchKey`),
      columnar: item.take(item.remaining, `${field}.columnar`),
    });
  }
  reader.end('body');
  return items;
}

function requireItemCount(count: number): void {
  if (count < 1 || count > MAX_BATCHES) {
    throw new ProtocolError('CountMismatch', 'count', { expected: `1 to ${MAX_BATCHES}`, actual: count });
  }
}
