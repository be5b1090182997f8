import { gunzipSync } from 'node:zlib';
import { BootstrapError } from './say.mjs';

const BLOCK = 512;

/** The bytes of one regular file in a .tgz (ustar, as npm packs it). */
export function extractFile(archive, wanted) {
  const tar = gunzipSync(archive);
  for (let at = 0; at + BLOCK <= tar.length;) {
    const name = field(tar, at, 100);
    if (name === '') break;
    const size = Number.parseInt(field(tar, at + 124, 12), 8);
    const prefix = field(tar, at + 345, 155);
    const start = at + BLOCK;
    if ((prefix ? `${prefix}/${name}` : name) === wanted) return tar.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new BootstrapError(`${wanted} is not in the archive`);
}

const field = (tar, at, length) =>
  tar
    .toString('latin1', at, at + length)
    .split('\0')[0]
    .trim();
