import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReceiptJson } from '@gridseal/sdk';
import { syncFolder } from '@gridseal/sdk/node/durable-file';

/** Receipts that a station was given, a JSON line each. After a kill one may be there twice. */
export type ReceiptFile = {
  /** Makes receipts durable. */
  readonly append: (receipts: readonly ReceiptJson[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

const LINE_BREAK = 10;

const isWhole = (line: Uint8Array): boolean => {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return true;
  } catch {
    return false;
  }
};

/** Opens or creates a file of receipts. A last line that a power cut tore is cut off: its batch still waits and is sent again. */
export const openReceiptFile = async (file: string): Promise<ReceiptFile> => {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a+', 0o600);
  /** Where the whole lines end: what a failed write left behind it is cut off before the next. */
  let end = 0;
  try {
    const written = await handle.readFile();
    end = written.lastIndexOf(LINE_BREAK) + 1;
    const rest = written.subarray(end);
    if (isWhole(rest)) {
      await handle.appendFile('\n');
      end = written.length + 1;
    } else if (rest.length > 0) await handle.truncate(end);
    await syncFolder(dirname(file));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    append: async (receipts) => {
      if (receipts.length === 0) return;
      const lines = Buffer.from(receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join(''));
      await handle.truncate(end);
      await handle.appendFile(lines);
      await handle.datasync();
      end += lines.length;
    },
    close: () => handle.close(),
  };
};
