import { concatHex, keccak256, type Hex } from 'viem';
import { seeded } from '../fixture.ts';
import { cut, refusal, type Json, type Vector } from '../vector.ts';
import { bloom, headerOf, integer, rlp, ZERO, type Nested } from './chain.ts';
import { trieVectors } from './tries.ts';

const facts = {
  parentHash: seeded('parent'),
  number: 21_000_000n,
  timestamp: 1_767_225_660n,
  stateRoot: seeded('state root'),
  receiptsRoot: seeded('receipts root'),
};
const fields = headerOf(facts);

const header = (name: string, items: readonly Nested[], expected: Partial<typeof facts> = {}): Vector => {
  const bytes = rlp(items);
  const { number, timestamp, ...roots } = { ...facts, ...expected };
  return {
    name,
    operation: 'header',
    input: { header: bytes },
    expected: { hash: keccak256(bytes), ...roots, number: String(number), timestamp: String(timestamp) },
  };
};
const noHeader = (name: string, bytes: Hex, field = 'block.header'): Vector =>
  refusal('header', name, { header: bytes }, 'NonCanonical', field);
const withField = (i: number, item: Nested): Hex => rlp(fields.map((each, at) => (at === i ? item : each)));

const headers: readonly Vector[] = [
  header('of the first fork', fields.slice(0, 15)),
  header('with a base fee', fields.slice(0, 16)),
  header('with withdrawals', fields.slice(0, 17)),
  header('with blobs and requests', fields),
  header('of a fork to come', [...fields, seeded('new'), '0x01', ['0x02', ['0x03']]]),
  header('of the first block', headerOf({ ...facts, number: 0n }), { number: 0n }),
  header('of a time beyond 2⁶⁴', headerOf({ ...facts, timestamp: 2n ** 65n }), { timestamp: 2n ** 65n }),
  noHeader('fourteen fields', rlp(fields.slice(0, 14))),
  noHeader('no field', rlp([])),
  noHeader('a string', rlp('0x01')),
  noHeader('nothing', '0x'),
  noHeader('a byte too many', concatHex([rlp(fields), '0x00'])),
  noHeader('a byte too few', cut(rlp(fields), 0, -1)),
  noHeader('a parent of 31 bytes', withField(0, cut(facts.parentHash, 1)), 'block.header.parentHash'),
  noHeader('a parent that is a list', withField(0, []), 'block.header.parentHash'),
  noHeader('a state root of 31 bytes', withField(3, cut(facts.stateRoot, 1)), 'block.header.stateRoot'),
  noHeader('a state root that is a list', withField(3, [facts.stateRoot]), 'block.header.stateRoot'),
  noHeader(
    'a receipts root of 33 bytes',
    withField(5, `${facts.receiptsRoot}00`),
    'block.header.receiptsRoot',
  ),
  noHeader('a number with a leading zero', withField(8, '0x0001'), 'block.header.number'),
  noHeader('a number of 33 bytes', withField(8, `0x01${'00'.repeat(32)}`), 'block.header.number'),
  noHeader('a time that is a list', withField(11, []), 'block.header.timestamp'),
  noHeader('a time of zero in one byte', withField(11, '0x00'), 'block.header.timestamp'),
];

type Log = { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex };
const logs: readonly Log[] = [
  { address: cut(seeded('first'), 12), topics: [], data: '0x' },
  { address: cut(seeded('second'), 12), topics: [seeded('topic'), ZERO, seeded('size'), ZERO], data: '0x00' },
];
const receiptOf = (status: Nested, of: readonly Log[] = logs): Nested[] => [
  status,
  integer(60_000n),
  bloom,
  of.map(({ address, topics, data }) => [address, topics, data]),
];
const receipt = (name: string, bytes: Hex, succeeded: boolean, of: readonly Log[] = logs): Vector => ({
  name,
  operation: 'receipt',
  input: { receipt: bytes },
  expected: { succeeded, logs: of as Json },
});
const noReceipt = (name: string, bytes: Hex, field = 'receipt'): Vector =>
  refusal('receipt', name, { receipt: bytes }, 'NonCanonical', field);
const typed = (item: Nested, type: Hex = '0x02'): Hex => concatHex([type, rlp(item)]);
const withLog = (log: Nested): Hex => typed(['0x01', integer(1n), bloom, [log]]);

const receipts: readonly Vector[] = [
  receipt('of a legacy transaction', rlp(receiptOf('0x01')), true),
  receipt('of an access-list transaction', typed(receiptOf('0x01'), '0x01'), true),
  receipt('of a dynamic-fee transaction', typed(receiptOf('0x01')), true),
  receipt('of a type to come', typed(receiptOf('0x01'), '0x7f'), true),
  receipt('without events', typed(receiptOf('0x01', [])), true, []),
  receipt('of a transaction that was reverted', typed(receiptOf('0x')), false),
  receipt('of a status that no fork gives', typed(receiptOf('0x02')), false),
  noReceipt('nothing', '0x'),
  noReceipt('a type alone', '0x02'),
  noReceipt('a byte too many', `${typed(receiptOf('0x01'))}00`),
  noReceipt('three fields', typed(receiptOf('0x01').slice(0, 3))),
  noReceipt('five fields', typed([...receiptOf('0x01'), '0x'])),
  noReceipt('a string', typed('0x01')),
  noReceipt('a status of zero in one byte', typed(receiptOf('0x00')), 'receipt.status'),
  noReceipt('a status that is a list', typed(receiptOf([])), 'receipt.status'),
  noReceipt('events that are a string', typed(['0x01', '0x01', bloom, '0x']), 'receipt.logs'),
  noReceipt('an event that is a string', withLog('0x01'), 'receipt.logs[0]'),
  noReceipt('an event of two fields', withLog([cut(ZERO, 12), []]), 'receipt.logs[0]'),
  noReceipt('an event of four fields', withLog([cut(ZERO, 12), [], '0x', '0x']), 'receipt.logs[0]'),
  noReceipt('an address of 19 bytes', withLog([cut(ZERO, 13), [], '0x']), 'receipt.logs[0]'),
  noReceipt('a topic of 31 bytes', withLog([cut(ZERO, 12), [cut(ZERO, 1)], '0x']), 'receipt.logs[0]'),
  noReceipt('topics that are a string', withLog([cut(ZERO, 12), ZERO, '0x']), 'receipt.logs[0]'),
  noReceipt('data that is a list', withLog([cut(ZERO, 12), [], []]), 'receipt.logs[0]'),
];

const account: readonly Hex[] = [integer(1n), integer(10n ** 18n), seeded('storage'), seeded('code')];
const noAccount = (name: string, bytes: Hex): Vector =>
  refusal('account', name, { account: bytes }, 'NonCanonical', 'account');

const accounts: readonly Vector[] = [
  {
    name: 'of a contract',
    operation: 'account',
    input: { account: rlp(account) },
    expected: { nonce: '1', storageRoot: seeded('storage'), codeHash: seeded('code') },
  },
  noAccount('three fields', rlp(account.slice(0, 3))),
  noAccount('a nonce with a leading zero', rlp(['0x0001', ...account.slice(1)])),
  noAccount('five fields', rlp([...account, '0x'])),
  noAccount('a storage root of 31 bytes', rlp([account[0]!, account[1]!, cut(account[2]!, 1), account[3]!])),
  noAccount('a code hash that is a list', rlp([account[0]!, account[1]!, account[2]!, []])),
  noAccount('a string', rlp('0x')),
  noAccount('a byte too many', `${rlp(account)}00`),
];

export const ethereumVectors: readonly Vector[] = [...trieVectors, ...headers, ...receipts, ...accounts];
