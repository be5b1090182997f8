import { nodeDisk, readIfThere, type Disk } from './disk.ts';

/**
 * Values of a file of one JSON value a line, each appended and synced; none when there is no file. What follows the last line
 * break was torn by a power cut, was not acknowledged, and is left out.
 *
 * @throws Error when a line other than the torn one is no JSON
 */
export const readJsonLines = async (file: string, disk: Disk = nodeDisk): Promise<readonly unknown[]> => {
  const text = new TextDecoder().decode((await readIfThere(disk, file)) ?? new Uint8Array(0));
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i): unknown => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new Error(`${file}, line ${i + 1}: damaged`, { cause });
    }
  });
};
