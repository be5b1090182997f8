import { readFile } from 'node:fs/promises';
import { fromHex } from '@gridseal/protocol';
import {
  deviceKeyFile,
  parseDeviceKeyFile,
  randomPrivateKey,
  type DeviceAlgorithm,
  type DeviceKey,
} from '@gridseal/sdk';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';

/** A key and the identity it speaks for. */
export type HeldKey = { readonly key: DeviceKey; readonly identity: Uint8Array };

/** Reads a key file. @throws SdkError `bad-key-file`; the file system's error */
export const readKeyFile = async (file: string): Promise<HeldKey> =>
  parseDeviceKeyFile(await readFile(file, 'utf8'));

/** Makes a key and writes it durably, readable by its owner only. `identity` is another one than the key's own. */
export const createKeyFile = async (
  file: string,
  algorithm: DeviceAlgorithm,
  identity?: `0x${string}`,
): Promise<HeldKey> => {
  const content = deviceKeyFile(algorithm, randomPrivateKey(algorithm), identity);
  await writeDurableFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
  const { key } = parseDeviceKeyFile(JSON.stringify(content));
  return { key, identity: fromHex(content.identity) };
};

/** Reads a key file, or makes one where there is none. */
export const ensureKeyFile = async (file: string, algorithm: DeviceAlgorithm): Promise<HeldKey> => {
  try {
    return await readKeyFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    return createKeyFile(file, algorithm);
  }
};
