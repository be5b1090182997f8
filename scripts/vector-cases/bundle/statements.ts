// The statements that the bundles show: who signs them, and what the log stores.
import type { Hex } from 'viem';
import {
  digestOf,
  firstHeader,
  kinds,
  operatorAddress,
  operatorSecret,
  p256KeyId,
  secpAddress,
  secpKeyId,
  signP256,
  signSecp256k1,
} from '../fixture.ts';
import { batchKey } from '../readings.ts';
import {
  authorPart,
  blocks,
  encodeType,
  entry,
  levels,
  readingsRoot,
  sha256,
  type Fields,
} from '../reference.ts';
import { canonical } from './canonical.ts';

/** Someone who signs: what the header calls them, and how. */
export type Author = {
  readonly identity: Hex;
  readonly keyId: Hex;
  readonly sign: (digest: Hex) => Hex;
};

export const device: Author = {
  identity: `0x${p256KeyId.slice(26)}`,
  keyId: p256KeyId,
  sign: signP256,
};
export const owner: Author = {
  identity: secpAddress,
  keyId: secpKeyId,
  sign: (digest) => signSecp256k1(digest),
};
export const operator: Author = {
  identity: operatorAddress,
  keyId: `0x${'00'.repeat(12)}${operatorAddress.slice(2)}`,
  sign: (digest) => signSecp256k1(digest, operatorSecret),
};

export const profile = canonical({
  format: 'gridseal-profile/1',
  channels: [
    { channel: 1, quantity: 'active-energy-import', scale: 0, sign: '+ = taken from the grid', unit: 'Wh' },
  ],
});
export const profileHash = sha256(`0x${Buffer.from(profile).toString('hex')}`);

const salted = blocks(
  batchKey,
  Array.from({ length: 5 }, (_, i) => ({
    timeMs: String(1_767_225_540_000 + 1000 * i),
    channel: 1,
    quality: 0,
    value: String(100 + i),
  })),
);
const tree = levels(salted.map((block) => sha256(block)));

/** One reading of the batch with its path. */
export const disclosed = (index: number) => ({
  index: String(index),
  block: salted[index]!,
  path: tree.slice(0, -1).map((level, height) => level[(index >> height) ^ 1]!),
});

const bodies: { readonly [kind: string]: Fields } = {
  TelemetryBatch: {
    ...kinds.TelemetryBatch!.body,
    profile: profileHash,
    count: salted.length,
    readingsRoot: readingsRoot(tree.at(-1)![0]!, salted.length),
  },
  Reset: { ...kinds.Reset!.body, subject: device.identity },
  Gap: { ...kinds.Gap!.body, subject: device.identity },
  RegistryEvent: { ...kinds.RegistryEvent!.body },
  Erasure: { ...kinds.Erasure!.body },
  Equivocation: { ...kinds.Equivocation!.body },
};

export type Statement = {
  readonly kind: string;
  readonly type: string;
  readonly author: Author;
  readonly digest: Hex;
  readonly part: Hex;
  readonly entry: Hex;
};

/** A signed statement as the log stores it: `chain` changes its header, `change` its body. */
export function statementOf(
  kind: string,
  author: Author,
  chain: Fields = {},
  change: Fields = {},
  receiptTimeMs = '1767225601000',
): Statement {
  const { list } = kinds[kind]!;
  const body = { ...bodies[kind]!, ...change };
  const type = encodeType(kind, list);
  const header = { ...firstHeader, author: author.identity, keyId: author.keyId, ...chain };
  const digest = digestOf(kind, { list, body }, header);
  const part = authorPart({ type, list, header, body, signature: author.sign(digest) });
  return {
    kind,
    type,
    author,
    digest,
    part,
    entry: entry({ authorPart: part, receiptTimeMs, payloadCid: '0x', keyCommitment: '0x' }),
  };
}
