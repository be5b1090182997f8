// C2SP notes by node:crypto and Buffer, for the vectors only.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { toBuffer } from './reference.ts';
import type { Hex } from 'viem';

export type Key = { readonly name: string; readonly algorithm: 1 | 4; readonly seed: Hex };

const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (seed: Hex) =>
  createPrivateKey({
    key: Buffer.concat([PRIVATE_KEY_PREFIX, toBuffer(seed)]),
    format: 'der',
    type: 'pkcs8',
  });

export const publicKeyOf = (seed: Hex): Buffer =>
  createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32);

/** First four bytes of `SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)`. */
export const keyHash = (name: string, algorithm: number, publicKey: Uint8Array): Buffer =>
  createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.of(algorithm))
    .update(publicKey)
    .digest()
    .subarray(0, 4);

export function verifierKey(name: string, algorithm: number, publicKey: Uint8Array): string {
  const encoded = Buffer.concat([Buffer.of(algorithm), publicKey]).toString('base64');
  return `${name}+${keyHash(name, algorithm, publicKey).toString('hex')}+${encoded}`;
}

export const verifierKeyOf = ({ name, algorithm, seed }: Key): string =>
  verifierKey(name, algorithm, publicKeyOf(seed));

export const signatureLine = (name: string, hash: Buffer, signature: Buffer): string =>
  `— ${name} ${Buffer.concat([hash, signature]).toString('base64')}\n`;

const hashOf = ({ name, algorithm, seed }: Key): Buffer => keyHash(name, algorithm, publicKeyOf(seed));

export const signedLine = (key: Key, text: string): string =>
  signatureLine(key.name, hashOf(key), sign(null, Buffer.from(text), privateKeyOf(key.seed)));

export function cosignedLine(key: Key, text: string, timestamp: bigint): string {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(timestamp);
  const message = Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`);
  return signatureLine(
    key.name,
    hashOf(key),
    Buffer.concat([time, sign(null, message, privateKeyOf(key.seed))]),
  );
}
