import { createHash, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Hex } from '@gridseal/protocol';
import type { Config } from '../../config.ts';
import { DurableFileError, type DurableFiles } from '../durable-file/durable-files.ts';

/** The service's own private keys, 32 bytes each. They never leave the process. */
export type ServiceKeys = {
  /** secp256k1; signs receipts and the operator's statements. */
  readonly operator: Hex;
  /** secp256k1; pays for anchors. */
  readonly anchor: Hex;
  /** secp256k1; pays for registry calls of others. */
  readonly relay: Hex;
  /** secp256k1; owns the log on the chain. Keep its file elsewhere once the log exists. */
  readonly owner: Hex;
  /** Ed25519 seed; signs checkpoints. */
  readonly note: Hex;
  /** Bearer token of the API's operator routes, 64 hex digits. */
  readonly apiToken: string;
};

/** Thrown when a key file does not hold a key. The content is never repeated. */
export class KeyFileError extends Error {
  readonly code = 'key-file-malformed';
  readonly file: string;
  constructor(file: string) {
    super(`${file} must hold one 32-byte key: 0x and 64 lower-case hex digits`);
    this.name = 'KeyFileError';
    this.file = file;
  }
}

type Curve = 'secp256k1' | 'ed25519' | 'none';

/** Order of the secp256k1 group (SEC 2). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const isScalar = (key: Hex): boolean => BigInt(key) > 0n && BigInt(key) < ORDER;

const randomKey = (curve: Curve): Hex => {
  for (;;) {
    const key: Hex = `0x${randomBytes(32).toString('hex')}`;
    if (curve !== 'secp256k1' || isScalar(key)) return key;
  }
};

const parseKey = (file: string, bytes: Uint8Array, curve: Curve): Hex => {
  const text = new TextDecoder().decode(bytes).trim();
  if (!/^0x[0-9a-f]{64}$/.test(text)) throw new KeyFileError(file);
  const key = text as Hex;
  if (curve === 'secp256k1' && !isScalar(key)) throw new KeyFileError(file);
  return key;
};

const readOrCreate = async (files: DurableFiles, file: string, curve: Curve): Promise<Hex> => {
  await files.settle(dirname(file));
  const found = await files.read(file);
  if (found !== undefined) return parseKey(file, found, curve);
  const key = randomKey(curve);
  try {
    await files.create(file, `${key}\n`);
    return key;
  } catch (error) {
    if (error instanceof DurableFileError) return readOrCreate(files, file, curve);
    throw error;
  }
};

/** Public: anyone can derive these. They are for a chain that holds nothing of value. */
const developmentKey = (name: string): Hex =>
  `0x${createHash('sha256').update(`gridseal development key, worth nothing: ${name}`).digest('hex')}`;

/** The keys of `KEYS=development`, the same on every machine. */
export const developmentKeys = (): Omit<ServiceKeys, 'apiToken'> => ({
  operator: developmentKey('operator'),
  anchor: developmentKey('anchor'),
  relay: developmentKey('relay'),
  owner: developmentKey('owner'),
  note: developmentKey('note'),
});

/**
 * Key of the one guardian of a log on a development chain, whose owner and guardian are the same person: read from its file,
 * made where there is none.
 *
 * @throws KeyFileError when the file holds anything but a key
 */
export const openGuardianKey = async (
  { source }: Pick<Config['keys'], 'source'>,
  files: DurableFiles,
  file: string,
): Promise<Hex> =>
  source === 'development' ? developmentKey('guardian') : readOrCreate(files, file, 'secp256k1');

/**
 * The service's keys: read from their files, created with mode 0600 where there are none; or, for
 * `development`, derived from a public text and never written.
 *
 * @throws KeyFileError when a file holds anything but a key
 */
export const openServiceKeys = async (config: Config['keys'], files: DurableFiles): Promise<ServiceKeys> => {
  const apiToken = await readOrCreate(files, config.apiTokenFile, 'none');
  if (config.source === 'development') {
    return { ...developmentKeys(), apiToken };
  }
  return {
    operator: await readOrCreate(files, config.operatorFile, 'secp256k1'),
    anchor: await readOrCreate(files, config.anchorFile, 'secp256k1'),
    relay: await readOrCreate(files, config.relayFile, 'secp256k1'),
    owner: await readOrCreate(files, config.ownerFile, 'secp256k1'),
    note: await readOrCreate(files, config.noteFile, 'ed25519'),
    apiToken,
  };
};
