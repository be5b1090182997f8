import assert from 'node:assert/strict';
import {
  blocksOf,
  commit,
  decodeColumnar,
  encodeColumnar,
  fromHex,
  openReading,
  readingsFromJson,
  readingsOf,
  readingsToJson,
  verifyDisclosure,
} from '../../../protocol/src/index.ts';
import { runVectors } from '../vectors.ts';

runVectors('readings.json', {
  commit: ({ batchKey, readings: json }) => {
    const readings = readingsFromJson(json);
    const commitment = commit({ readings, batchKey: fromHex(batchKey) });
    const { root, count, blocks } = commitment;
    const columnar = encodeColumnar(blocksOf(readings));
    assert.deepEqual(readingsToJson(readingsOf(decodeColumnar(columnar))), json);
    readings.forEach((reading, index) => {
      const disclosure = openReading(commitment, index);
      assert.deepEqual(verifyDisclosure({ root, count, disclosure }), reading);
    });
    return { blocks, root, columnar };
  },
  disclosure: ({ root, count, index, block, path }) => {
    const disclosure = {
      index,
      block: fromHex(block),
      path: (path as string[]).map((hash) => fromHex(hash)),
    };
    return readingsToJson([verifyDisclosure({ root: fromHex(root), count, disclosure })])[0];
  },
  columnar: ({ columnar }) => decodeColumnar(fromHex(columnar)),
});
