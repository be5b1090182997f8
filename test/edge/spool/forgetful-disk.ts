import { basename, dirname } from 'node:path';
import type { Disk } from '../../../edge/spool/disk.ts';

type File = { bytes: Uint8Array; synced: Uint8Array };

/** A disk in memory that loses, at a power cut, what was not synced: contents and names. */
export const createForgetfulDisk = (): Disk & { readonly cutPower: () => void } => {
  let files = new Map<string, File>();
  let durable = new Map<string, File>();
  const fileAt = (path: string): File => {
    const file = files.get(path);
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return file;
  };
  return {
    makeFolder: async () => undefined,
    list: async (folder) =>
      [...files.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path)),
    read: async (path) => Uint8Array.from(fileAt(path).bytes),
    readAt: async (path, at, length) => fileAt(path).bytes.slice(at, at + length),
    write: async (path, at, bytes) => {
      const file = at === 0 ? { bytes: new Uint8Array(0), synced: new Uint8Array(0) } : fileAt(path);
      file.bytes = new Uint8Array([...file.bytes.subarray(0, at), ...bytes]);
      files.set(path, file);
    },
    sync: async (path) => {
      fileAt(path).synced = fileAt(path).bytes;
    },
    syncFolder: async (folder) => {
      for (const [path, file] of files) if (dirname(path) === folder) durable.set(path, file);
      for (const path of [...durable.keys()])
        if (dirname(path) === folder && !files.has(path)) durable.delete(path);
    },
    remove: async (path) => {
      files.delete(path);
    },
    replace: async (path, content) => {
      const bytes =
        typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
      const file = { bytes, synced: bytes };
      files.set(path, file);
      durable.set(path, file);
    },
    cutPower: () => {
      files = new Map([...durable].map(([path, { synced }]) => [path, { bytes: synced, synced }]));
      durable = new Map(files);
    },
  };
};
