// A second implementation of docs/spec, for the vectors only: slow, plain and without a line of protocol/. It leans on viem
// and node:crypto where protocol/ leans on noble.
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import {
  bytesToHex,
  concatHex,
  encodeAbiParameters,
  keccak256,
  numberToHex,
  size,
  stringToHex,
  type Hex,
} from 'viem';

export type MemberList = string;
export type Fields = { readonly [name: string]: string | number | boolean };
export type ReadingFields = { timeMs: string; channel: number; quality: number; value: string };

export const HEADER_LIST: MemberList =
  'address author,bytes32 keyId,uint32 lane,uint32 boot,uint64 sequence,bytes32 previous,uint64 timeMs,uint64 notBeforeBlock,bytes32 notBeforeHash';

export function sha256(...parts: readonly Hex[]): Hex {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(toBuffer(part));
  return bytesToHex(hash.digest());
}

export function toBuffer(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

export function encodeType(name: string, list: MemberList): string {
  return `${name}(Header header,${list})Header(${HEADER_LIST})`;
}

/** EIP-712 encodeData words of the members, and the contents of the dynamic ones. */
export function words(list: MemberList, fields: Fields): { words: Hex[]; attachments: Hex[] } {
  const attachments: Hex[] = [];
  const encoded = list.split(',').map((member) => {
    const [type = '', name = ''] = member.split(' ');
    const value = fields[name]!;
    if (type !== 'string' && type !== 'bytes') return encodeAbiParameters([{ type }], [asAbi(type, value)]);
    const content = type === 'string' ? stringToHex(String(value)) : (value as Hex);
    attachments.push(content);
    return keccak256(content);
  });
  return { words: encoded, attachments };
}

function asAbi(type: string, value: Fields[string]): unknown {
  return type.includes('int') ? BigInt(value) : value;
}

export function authorPart(parts: {
  type: string;
  list: MemberList;
  header: Fields;
  body: Fields;
  signature: Hex;
}): Hex {
  const { words: own, attachments } = words(parts.list, parts.body);
  return concatHex([
    keccak256(stringToHex(parts.type)),
    ...words(HEADER_LIST, parts.header).words,
    uint(own.length, 1),
    ...own,
    uint(attachments.length, 1),
    ...attachments.flatMap((content) => [uint(size(content), 4), content]),
    uint(size(parts.signature), 2),
    parts.signature,
  ]);
}

export function entry(parts: {
  authorPart: Hex;
  receiptTimeMs: string;
  payloadCid: Hex;
  keyCommitment: Hex;
}): Hex {
  return concatHex([
    '0x01',
    uint(size(parts.authorPart), 4),
    parts.authorPart,
    uint(BigInt(parts.receiptTimeMs), 8),
    uint(size(parts.payloadCid), 1),
    parts.payloadCid,
    uint(size(parts.keyCommitment), 1),
    parts.keyCommitment,
  ]);
}

export function uint(value: number | bigint, bytes: number): Hex {
  return numberToHex(value, { size: bytes });
}

export function derive(batchKey: Hex, label: string): Hex {
  return bytesToHex(new Uint8Array(hkdfSync('sha256', toBuffer(batchKey), new Uint8Array(), label, 32)));
}

/** Salted blocks of a batch. */
export function blocks(batchKey: Hex, readings: readonly ReadingFields[]): Hex[] {
  const cipher = createCipheriv(
    'aes-256-ctr',
    toBuffer(derive(batchKey, 'gridseal/salts/v1')),
    Buffer.alloc(16),
  );
  const salts = cipher.update(Buffer.alloc(32 * readings.length));
  return readings.map(({ timeMs, channel, quality, value }, i) =>
    concatHex([
      bytesToHex(salts.subarray(32 * i, 32 * i + 32)),
      uint(BigInt(timeMs), 8),
      uint(channel, 4),
      uint(quality, 4),
      numberToHex(BigInt(value), { size: 8, signed: true }),
      uint(0, 8),
    ]),
  );
}

/** Every level of the padded tree, leaves first. */
export function levels(leaves: readonly Hex[]): Hex[][] {
  const width = 2 ** Math.ceil(Math.log2(leaves.length));
  let level = Array.from({ length: width }, (_, i) => leaves[i] ?? uint(0, 32));
  const all = [level];
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, i) => sha256(below[2 * i]!, below[2 * i + 1]!));
    all.push(level);
  }
  return all;
}

export function readingsRoot(treeRoot: Hex, count: number): Hex {
  return sha256(treeRoot, uint(count, 8), stringToHex('gridseal/readings-root/v'));
}

export function columnar(readings: readonly ReadingFields[]): Hex {
  const times: number[] = [];
  const values: number[] = [];
  readings.forEach((reading, i) => {
    const [before, older] = [readings[i - 1], readings[i - 2]].map((earlier) =>
      earlier?.channel === reading.channel ? earlier : undefined,
    );
    const [time, value] = [BigInt(reading.timeMs), BigInt(reading.value)];
    if (before === undefined) {
      for (const byte of varint(time)) times.push(byte);
      for (const byte of varint(zigzag(value))) values.push(byte);
      return;
    }
    const delta = time - BigInt(before.timeMs);
    const deltaBefore = older === undefined ? 0n : BigInt(before.timeMs) - BigInt(older.timeMs);
    for (const byte of varint(zigzag(delta - deltaBefore))) times.push(byte);
    for (const byte of varint(zigzag(value - BigInt(before.value)))) values.push(byte);
  });
  const channels = runs(readings.map(({ channel }) => channel));
  const qualities = runs(readings.map(({ quality }) => quality));
  const columns = [
    channels.flatMap(([channel, length], i) => [
      ...varint(BigInt(channel - (channels[i - 1]?.[0] ?? 0))),
      ...varint(BigInt(length)),
    ]),
    times,
    qualities.flatMap(([quality, length]) => [...varint(BigInt(quality)), ...varint(BigInt(length))]),
    values,
  ];
  const framed = columns.flatMap((column) => [...varint(BigInt(column.length)), ...column]);
  return bytesToHex(Uint8Array.from([1, ...varint(BigInt(readings.length)), ...framed]));
}

function runs(numbers: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[0] === number) last[1]++;
    else found.push([number, 1]);
  }
  return found;
}

function varint(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  return value < 0x80n ? [low] : [low | 0x80, ...varint(value >> 7n)];
}

function zigzag(value: bigint): bigint {
  const wrapped = BigInt.asIntN(64, value);
  return BigInt.asUintN(64, (wrapped << 1n) ^ (wrapped >> 63n));
}

export function payloadBlock(parts: {
  plaintext: Buffer;
  batchKey: Hex;
  digest: Hex;
  nonce: Hex;
  periodId: string;
  periodKey: Hex;
}): Hex {
  const wrap = createCipheriv('id-aes256-wrap', toBuffer(parts.periodKey), Buffer.alloc(8, 0xa6));
  const wrapped = Buffer.concat([wrap.update(toBuffer(parts.batchKey)), wrap.final()]);
  const key = toBuffer(derive(parts.batchKey, 'gridseal/payload/v1'));
  const gcm = createCipheriv('aes-256-gcm', key, toBuffer(parts.nonce)).setAAD(toBuffer(parts.digest));
  const ciphertext = Buffer.concat([gcm.update(parts.plaintext), gcm.final()]);
  return concatHex([
    '0x01',
    uint(parts.periodId.length, 1),
    stringToHex(parts.periodId),
    bytesToHex(wrapped),
    parts.nonce,
    bytesToHex(ciphertext),
    bytesToHex(gcm.getAuthTag()),
  ]);
}

/** Stored, not compressed, so that the vector does not depend on an encoder's version. */
export function deflateStored(plaintext: Hex): Buffer {
  return deflateRawSync(toBuffer(plaintext), { level: 0 });
}
