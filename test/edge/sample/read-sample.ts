/** Reads the files of a folder as its list says and prints what became of each: run by files-sample.test.ts under several zones. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTelemetryFile } from '../../../edge/readers/csv.ts';
import { FileError } from '../../../edge/readers/file-error.ts';
import type { FileOptions } from '../../../edge/readers/file-options.ts';

const folder = process.argv[2] ?? '';
const list = JSON.parse(await readFile(join(folder, 'list.json'), 'utf8')) as readonly FileOptions[];
const MILLIONTHS = 6;

const results: object[] = [];
for (const [i, options] of list.entries()) {
  const file = join(folder, `${i}.csv`);
  try {
    const { profile, readings } = await readTelemetryFile(file, options);
    const channels = new Map(profile.channels.map((channel) => [channel.channel, channel]));
    results.push({
      is: 'accepted',
      readings: readings
        .map(({ timeMs, channel, value }) => {
          const { quantity = '', unit = '', scale = 0 } = channels.get(channel) ?? {};
          return `${timeMs} ${quantity} ${unit} ${value * 10n ** BigInt(MILLIONTHS + scale)}`;
        })
        .sort(),
    });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const [{ code, row, column, remedy } = { code: '' }] = error.problems as readonly {
      code: string;
      row?: number;
      column?: string;
      remedy?: string;
    }[];
    results.push({ is: 'refused', code, row, column, remedy, message: error.message.replaceAll(folder, '') });
  }
}
process.stdout.write(JSON.stringify(results));
