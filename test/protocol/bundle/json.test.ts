import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../protocol/src/bundle/json.ts';

test('members are sorted by UTF-16 code units and nothing is added', () => {
  assert.equal(
    canonicalJson({ b: ['2', null, { z: '', a: '"\n' }], '\ufb33': '1', '\ud83d\ude00': '2', a: '\u20ac' }),
    '{"a":"€","b":["2",null,{"a":"\\"\\n","z":""}],"\ud83d\ude00":"2","\ufb33":"1"}',
  );
});

test('the same document has one text, however it was put together', () => {
  assert.equal(canonicalJson({ x: '1', y: '2' }), canonicalJson({ y: '2', x: '1' }));
});
