import { basename, dirname } from 'node:path';
import type { Disk } from '../../../edge/spool/disk.ts';
import type { Random } from './random.ts';

type File = { bytes: Uint8Array; synced: Uint8Array };

/** The power was cut: whatever runs ends here. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** A disk in memory on which every write can be the last, or find no room. */
export type BurningDisk = Disk & {
  /** Cuts the power at the n-th change from now, in the midst of it. */
  readonly cutAt: (n: number) => void;
  /** How often of a hundred a change finds no room from now on. */
  readonly fill: (percent: number) => void;
  /** The power is back: what was not synced may be there, in part or not at all. */
  readonly restart: () => void;
  readonly names: (folder: string) => readonly string[];
};

const NOTHING = new Uint8Array(0);

export const createBurningDisk = (random: Random): BurningDisk => {
  let files = new Map<string, File>();
  let durable = new Map<string, File>();
  let changesLeft = Number.POSITIVE_INFINITY;
  let isDark = false;
  let full = 0;

  const fileAt = (path: string): File => {
    const file = files.get(path);
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return file;
  };
  const look = (): void => {
    if (isDark) throw new PowerCut();
  };
  /** Called in the midst of a change: what it has done so far is done. */
  const step = (): void => {
    look();
    changesLeft -= 1;
    if (changesLeft <= 0) {
      isDark = true;
      throw new PowerCut();
    }
    if (random.below(100) < full) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  };
  /** What a file that was not synced may hold after a cut: nothing that was synced and not written over is lost. */
  const remains = ({ bytes, synced }: File): Uint8Array => {
    const kept = random.below(3);
    if (kept === 0) return synced;
    if (kept === 1) return bytes;
    const differs = bytes.findIndex((byte, i) => byte !== synced[i]);
    const same = differs < 0 ? bytes.length : differs;
    return bytes.slice(0, same + random.below(bytes.length - same + 1));
  };
  const namesIn = (folder: string): readonly string[] =>
    [...files.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));

  return {
    makeFolder: async () => look(),
    list: async (folder) => {
      look();
      return namesIn(folder);
    },
    read: async (path) => {
      look();
      return Uint8Array.from(fileAt(path).bytes);
    },
    readAt: async (path, at, length) => {
      look();
      return fileAt(path).bytes.slice(at, at + length);
    },
    write: async (path, at, bytes) => {
      look();
      const file = files.get(path) ?? { bytes: NOTHING, synced: NOTHING };
      if (at > 0) fileAt(path);
      files.set(path, file);
      file.bytes = file.bytes.slice(0, at);
      file.bytes = new Uint8Array([...file.bytes, ...bytes.subarray(0, random.below(bytes.length + 1))]);
      step();
      file.bytes = new Uint8Array([...file.bytes.subarray(0, at), ...bytes]);
    },
    sync: async (path) => {
      step();
      fileAt(path).synced = fileAt(path).bytes;
    },
    syncFolder: async (folder) => {
      step();
      for (const [path, file] of files) if (dirname(path) === folder) durable.set(path, file);
      for (const path of [...durable.keys()])
        if (dirname(path) === folder && !files.has(path)) durable.delete(path);
    },
    remove: async (path) => {
      step();
      files.delete(path);
    },
    replace: async (path, content) => {
      const bytes =
        typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
      step();
      files.set(path, { bytes, synced: bytes });
      step();
      durable.set(path, fileAt(path));
    },
    cutAt: (n) => {
      changesLeft = n;
    },
    fill: (percent) => {
      full = percent;
    },
    restart: () => {
      // A name that was made or replaced and whose folder was not synced may be there or not.
      for (const [path, file] of files)
        if (!durable.has(path) || durable.get(path) !== file) if (random.chance(0.5)) durable.set(path, file);
      files = new Map(
        [...durable].map(([path, file]) => {
          const bytes = remains(file);
          return [path, { bytes, synced: bytes }];
        }),
      );
      durable = new Map(files);
      isDark = false;
      changesLeft = Number.POSITIVE_INFINITY;
    },
    names: namesIn,
  };
};
