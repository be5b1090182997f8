import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ReceiptJson } from '@gridseal/sdk';
import { openReceiptFile } from '../../edge/gateway/receipt-file.ts';
import { createTestFolder } from '../setup/postgres.ts';

const receipt = (n: number): ReceiptJson => ({
  logId: '0x01',
  digest: '0x02',
  entryHash: '0x03',
  receiptTimeMs: String(n),
  deadline: '5',
  signature: '0x06',
});

test('a receipt torn at any byte is cut off, a whole one without its line break is kept', async (t) => {
  const folder = await createTestFolder();
  t.after(folder.remove);
  const file = join(folder.path, 'kept', 'receipts.jsonl');
  const first = await openReceiptFile(file);
  await first.append([receipt(1)]);
  await first.append([receipt(2)]);
  await first.close();
  const whole = await readFile(file);
  const second = whole.indexOf(10) + 1;
  for (let end = second; end <= whole.length; end += 1) {
    await writeFile(file, whole.subarray(0, end));
    const again = await openReceiptFile(file);
    await again.append([receipt(3)]);
    await again.close();
    const lines = (await readFile(file, 'utf8')).split('\n');
    assert.equal(lines.pop(), '', 'the file ends with a line break');
    const kept = lines.map((line) => JSON.parse(line) as ReceiptJson);
    const isTorn = end < whole.length - 1;
    assert.deepEqual(kept, [receipt(1), ...(isTorn ? [] : [receipt(2)]), receipt(3)], `cut at ${end}`);
  }
});
