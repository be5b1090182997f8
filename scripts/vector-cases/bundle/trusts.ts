import { publicKeyOf, verifierKey, verifierKeyOf } from '../note-reference.ts';
import { refusal, type Json, type Vector } from '../vector.ts';
import { canonical } from './canonical.ts';
import { add, append, instead, remove, replace, wholly, type Splice, type Step } from './change.ts';
import { logKey, stranger, trust, witness } from './documents.ts';

const parsed = (name: string, patch: readonly Step[], text: Json): Vector => ({
  name,
  operation: 'parse',
  input: { patch: patch as Json },
  expected: { text: canonical(text) },
});
const spliced = (name: string, splice: Splice): Vector => ({
  name,
  operation: 'parse',
  input: { splice: splice as Json },
  expected: { text: canonical(trust) },
});
const patched = (name: string, patch: readonly Step[], field: string, code = 'InvalidJson'): Vector =>
  refusal('parse', name, { patch: patch as Json }, code, field);
const garbled = (name: string, splice: Splice): Vector =>
  refusal('parse', name, { splice: splice as Json }, 'InvalidJson', 'trust');
const badKey = (name: string, key: Json): Vector =>
  refusal('parse', name, { patch: [replace('/logs/0/noteKeys/0/key', key)] as Json }, 'VerifierKey');

const [log] = trust.logs;
const key = log.noteKeys[0].key;
const [witnessKey] = trust.witnesses.keys;
const members = Object.keys(trust);

export const trustVectors: readonly Vector[] = [
  parsed('as a person would write it', [], trust),
  parsed('with a genesis block', [replace('/genesisHash', trust.headers[0]!)], {
    ...trust,
    genesisHash: trust.headers[0]!,
  }),
  parsed(
    'without a log, a witness or a block',
    [
      replace('/logs', []),
      replace('/witnesses', { from: '0', quorum: '0', keys: [] }),
      replace('/headers', []),
    ],
    { ...trust, logs: [], witnesses: { from: '0', quorum: '0', keys: [] }, headers: [] },
  ),
  parsed('with a key that ended', [replace('/logs/0/noteKeys/0/to', '4096')], {
    ...trust,
    logs: [{ ...log, noteKeys: [{ ...log.noteKeys[0], to: '4096' }] }],
  }),
  spliced('with white space', instead(trust, '{"chainId":', '\n{ "chainId":\t')),
  spliced('with a newline at the end', append(trust, '\r\n')),
  spliced('with a letter escaped', instead(trust, 'gridseal-trust', '\\u0067ridseal-trust')),
  garbled('nothing', wholly(trust, '')),
  garbled('a file of another kind', wholly(trust, 'time,power [W]\n')),
  garbled('a comma at the end', instead(trust, '"quorum":"1"', '"quorum":"1",')),
  garbled('a comment', instead(trust, '{"chainId":', '// trust\n{"chainId":')),
  ...['null', '[]', '"gridseal-trust/1"', '1'].map((text) =>
    garbled(`the document ${text}`, wholly(trust, text)),
  ),
  ...members.map((name) => patched(`no ${name}`, [remove(`/${name}`)], `trust.${name}`)),
  ...members
    .filter((name) => name !== 'genesisHash')
    .map((name) => patched(`${name} null`, [replace(`/${name}`, null)], `trust.${name}`)),
  patched('a bundle', [replace('/format', 'gridseal-bundle/1')], 'trust.format'),
  patched('another version', [replace('/format', 'gridseal-trust/2')], 'trust.format'),
  patched('a member that nothing reads', [add('/comment', 'x')], 'trust.comment'),
  patched('a member of the prototype', [add('/__proto__', {})], 'trust.__proto__'),
  patched(
    'a member of a contract that nothing reads',
    [add('/evidenceLog/proxy', 'x')],
    'trust.evidenceLog.proxy',
  ),
  patched('a member of a log that nothing reads', [add('/logs/0/origin', 'x')], 'trust.logs[0].origin'),
  patched(
    'a member of a key that nothing reads',
    [add('/logs/0/noteKeys/0/until', '9')],
    'trust.logs[0].noteKeys[0].until',
  ),
  patched('a chain as a number', [replace('/chainId', 31337)], 'trust.chainId'),
  patched('a chain in hexadecimal', [replace('/chainId', '0x7a69')], 'trust.chainId'),
  patched('a negative quorum', [replace('/witnesses/quorum', '-1')], 'trust.witnesses.quorum'),
  patched('no size to begin with', [remove('/witnesses/from')], 'trust.witnesses.from'),
  patched('no quorum', [remove('/witnesses/quorum')], 'trust.witnesses.quorum'),
  patched('a depth that is no number', [replace('/finality/depth', 'safe')], 'trust.finality.depth'),
  patched(
    'an address with a checksum',
    [replace('/evidenceLog/address', trust.evidenceLog.address.replace('fe', 'Fe'))],
    'trust.evidenceLog.address',
  ),
  patched(
    'a code hash of 31 bytes',
    [replace('/deviceRegistry/codeHash', trust.deviceRegistry.codeHash.slice(0, -2))],
    'trust.deviceRegistry.codeHash',
  ),
  patched('a block by its number', [replace('/headers/0', '4712')], 'trust.headers[0]'),
  patched('a size as a number', [replace('/logs/0/noteKeys/0/from', 0)], 'trust.logs[0].noteKeys[0].from'),
  patched('no end of a key', [remove('/logs/0/noteKeys/0/to')], 'trust.logs[0].noteKeys[0].to'),
  garbled('a member twice', instead(trust, '"quorum":"1"', '"quorum":"0","quorum":"1"')),
  garbled('a member twice, once escaped', instead(trust, '"quorum":"1"', '"quorum":"1","quor\\u0075m":"0"')),
  garbled('blocks twice', instead(trust, '{"chainId"', '{"headers":[],"chainId"')),
  garbled('lists in lists', wholly(trust, '[', 100_000)),
  refusal(
    'parse',
    'longer than a trust file may be',
    { splice: wholly(trust, ' ', 16_777_217) as Json },
    'TooLong',
    'trust',
  ),
  patched('a log twice', [add('/logs/1', log)], 'trust.logs[1].logId'),
  patched(
    'a key that ends before it begins',
    [replace('/logs/0/noteKeys/0/from', '4097'), replace('/logs/0/noteKeys/0/to', '4096')],
    'trust.logs[0].noteKeys[0].to',
  ),
  patched('a key for no size', [replace('/logs/0/noteKeys/0/to', '0')], 'trust.logs[0].noteKeys[0].to'),
  patched('a witness twice', [add('/witnesses/keys/1', witnessKey)], 'trust.witnesses.keys[1]'),
  patched(
    'a witness under two names',
    [add('/witnesses/keys/1', verifierKeyOf({ ...witness, name: 'witness.example/again' }))],
    'trust.witnesses.keys[1]',
  ),
  patched("a log's key as a witness", [replace('/witnesses/keys/0', key)], 'trust.witnesses.keys[0]'),
  patched(
    "a witness's key as a log's",
    [replace('/logs/0/noteKeys/0/key', witnessKey)],
    'trust.logs[0].noteKeys[0].key',
  ),
  badKey('a key of another name', key.replace('log.example', 'log2.example')),
  badKey('a key hash of another key', key.replace(/\+[0-9a-f]{8}\+/u, '+00000000+')),
  badKey('a key of an unknown algorithm', verifierKey(logKey.name, 2, publicKeyOf(logKey.seed))),
  badKey('a key of 31 bytes', verifierKey(logKey.name, 1, publicKeyOf(logKey.seed).subarray(1))),
  badKey('a key that is none', ''),
  refusal(
    'parse',
    'a witness with a space in its name',
    { patch: [add('/witnesses/keys/0', verifierKey('a witness', 4, publicKeyOf(stranger.seed)))] as Json },
    'VerifierKey',
  ),
];
