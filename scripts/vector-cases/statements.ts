import { concatHex, keccak256, size, stringToHex, type Hex } from 'viem';
import * as fixture from './fixture.ts';
import { authorPart, encodeType, entry, sha256, type Fields } from './reference.ts';
import { cut, overwrite, refusal, type Vector } from './vector.ts';

const HEADER_AT = 32;
const WORDS_AT = HEADER_AT + 9 * 32;
const batch = fixture.kinds.TelemetryBatch!;

function signed(name: string, header: Fields = fixture.header, body?: Fields) {
  const kind = fixture.kinds[name]!;
  const values = { list: kind.list, body: body ?? kind.body };
  const type = encodeType(name, kind.list);
  const digest = fixture.digestOf(name, values, header);
  const signature = fixture.signSecp256k1(digest);
  return { type, digest, signature, authorPart: authorPart({ type, ...values, header, signature }) };
}

const sample = signed('TelemetryBatch').authorPart;

function encoding(name: string, title: string, header: Fields, body?: Fields): Vector {
  const made = signed(name, header, body);
  return {
    name: title,
    operation: 'statement',
    input: {
      domain: fixture.domain,
      statement: { kind: name, header, body: body ?? fixture.kinds[name]!.body, signature: made.signature },
    },
    expected: {
      type: made.type,
      typeHash: keccak256(stringToHex(made.type)),
      authorPart: made.authorPart,
      digest: made.digest,
    },
  };
}

function refusedJson(
  name: string,
  change: { header?: object; body?: object },
  code: string,
  field: string,
): Vector {
  const statement = {
    kind: 'TelemetryBatch',
    header: { ...fixture.header, ...change.header },
    body: { ...batch.body, ...change.body },
    signature: '0x',
  };
  return refusal('statement', name, { domain: fixture.domain, statement }, code, field);
}

function refusedBody(kind: string, change: Fields, code: string, field: string): Vector {
  const made = fixture.kinds[kind]!;
  const statement = { kind, header: fixture.header, body: { ...made.body, ...change }, signature: '0x' };
  return refusal(
    'statement',
    `${kind} with ${Object.keys(change).join()} out of its rule`,
    { domain: fixture.domain, statement },
    code,
    field,
  );
}

function refusedPart(name: string, part: Hex, code: string, field: string): Vector {
  return refusal('author part', name, { authorPart: part }, code, field);
}

const word = (index: number): number => WORDS_AT + 1 + 32 * index;
const attachmentsAt = word(6);
const signatureAt = attachmentsAt + 1;
const declared = signed('TypeDeclaration').authorPart;
const declaredAttachmentAt = WORDS_AT + 1 + 32 + 1;
const unknownType = encodeType(
  'Alarm',
  'bool active,int16 level,bytes4 code,string message,bytes evidence,int256 drift',
);
const unknown = {
  active: true,
  level: '-3',
  code: '0xdeadbeef',
  message: '过电压 ⚡',
  evidence: '0x',
  drift: '-1',
} as const;

export const statementVectors: readonly Vector[] = [
  ...Object.keys(fixture.kinds).map((name) =>
    encoding(name, `${name} is encoded and hashed`, fixture.header),
  ),
  encoding('TelemetryBatch', 'the first statement of a chain, no block claimed', fixture.firstHeader),
  encoding(
    'TelemetryBatch',
    'every integer at its largest',
    {
      ...fixture.header,
      lane: 0xffff_ffff,
      boot: 0xffff_ffff,
      sequence: String(2n ** 64n - 1n),
      timeMs: String(2n ** 64n - 1n),
      notBeforeBlock: String(2n ** 64n - 1n),
    },
    { ...batch.body, count: 65_536, startMs: String(2n ** 64n - 1n), endMs: String(2n ** 64n - 1n) },
  ),
  {
    name: 'a kind unknown to the program is read by its type string',
    operation: 'unknown kind',
    input: {
      domain: fixture.domain,
      type: unknownType,
      authorPart: authorPart({
        type: unknownType,
        list: 'bool active,int16 level,bytes4 code,string message,bytes evidence,int256 drift',
        header: fixture.header,
        body: unknown,
        signature: '0x',
      }),
    },
    expected: {
      digest: fixture.digestOf(
        'Alarm',
        {
          list: 'bool active,int16 level,bytes4 code,string message,bytes evidence,int256 drift',
          body: unknown,
        },
        fixture.header,
      ),
      body: { ...unknown, level: -3 },
    },
  },
  ...[
    ['another header', unknownType.replace('uint32 boot', 'uint64 boot')],
    ['no header appended', encodeType('Alarm', 'bool active').split(')Header(')[0]! + ')'],
    ['an array', encodeType('Alarm', 'uint8[] levels')],
    ['an alias', encodeType('Alarm', 'uint level')],
    ['a width that is no multiple of 8', encodeType('Alarm', 'uint12 level')],
    ['bytes33', encodeType('Alarm', 'bytes33 code')],
    ['a member twice', encodeType('Alarm', 'bool a,bool a')],
    ['a member called header', encodeType('Alarm', 'bool header')],
    ['two spaces', encodeType('Alarm', 'bool  active')],
    ['a struct', encodeType('Alarm', 'Header other')],
    ['no member', encodeType('Alarm', '')],
    ['the name Header', encodeType('Header', 'bool active')],
  ].map(([what, type]) =>
    refusal('type string', `a type string with ${what}`, { type: type! }, 'InvalidTypeString', 'type'),
  ),
  refusedJson(
    'JSON: sequence 0 with a previous digest',
    { header: { sequence: '0' } },
    'RuleViolated',
    'header.previous',
  ),
  refusedJson(
    'JSON: sequence 7 without one',
    { header: { previous: fixture.firstHeader.previous } },
    'RuleViolated',
    'header.previous',
  ),
  refusedJson(
    'JSON: a block claimed without its hash',
    { header: { notBeforeHash: fixture.firstHeader.previous } },
    'RuleViolated',
    'header.notBeforeHash',
  ),
  refusedJson(
    'JSON: an author of 19 bytes',
    { header: { author: cut(fixture.secpAddress, 1) } },
    'OutOfRange',
    'header.author',
  ),
  refusedJson(
    'JSON: an upper-case address',
    { header: { author: `0x${fixture.secpAddress.slice(2).toUpperCase()}` } },
    'InvalidHex',
    'header.author',
  ),
  refusedJson('JSON: a lane beyond 32 bits', { header: { lane: 2 ** 32 } }, 'OutOfRange', 'header.lane'),
  refusedJson('JSON: a negative sequence', { header: { sequence: '-1' } }, 'OutOfRange', 'header.sequence'),
  refusedJson(
    'JSON: a sequence beyond 64 bits',
    { header: { sequence: String(2n ** 64n) } },
    'OutOfRange',
    'header.sequence',
  ),
  refusedJson(
    'JSON: a sequence with a leading zero',
    { header: { sequence: '07' } },
    'InvalidJson',
    'header.sequence',
  ),
  refusedJson('JSON: a sequence as a number', { header: { sequence: 7 } }, 'InvalidJson', 'header.sequence'),
  refusedJson('JSON: a fractional lane', { header: { lane: 0.5 } }, 'OutOfRange', 'header.lane'),
  refusedJson('JSON: an unknown member', { body: { note: 'x' } }, 'InvalidJson', 'body.note'),
  refusedBody('TelemetryBatch', { count: 0 }, 'RuleViolated', 'body.count'),
  refusedBody('TelemetryBatch', { count: 65_537 }, 'RuleViolated', 'body.count'),
  refusedBody('TelemetryBatch', { startMs: '1767225600001' }, 'RuleViolated', 'body.endMs'),
  refusedBody('TelemetryBatch', { auxRoot: fixture.seeded('aux') }, 'RuleViolated', 'body.auxRoot'),
  refusedBody('Gap', { lastSequence: '7' }, 'RuleViolated', 'body.lastSequence'),
  refusedBody('Equivocation', { sequence: '8' }, 'RuleViolated', 'body.conflicting'),
  refusedBody('Equivocation', { subject: fixture.operatorAddress }, 'RuleViolated', 'body.conflicting'),
  refusedBody(
    'Equivocation',
    { conflictingDigest: fixture.seeded('accepted') },
    'RuleViolated',
    'body.conflictingDigest',
  ),
  refusedBody('Equivocation', { conflicting: '0x' }, 'Truncated', 'typeHash'),
  refusedBody('Reset', { boot: 0 }, 'RuleViolated', 'body.boot'),
  refusedBody('RegistryEvent', { change: 0 }, 'RuleViolated', 'body.change'),
  refusedBody('RegistryEvent', { change: 4 }, 'RuleViolated', 'body.change'),
  refusedBody('TypeDeclaration', { declaration: 'Gap()' }, 'InvalidTypeString', 'body.declaration'),
  refusedPart('nothing', '0x', 'Truncated', 'typeHash'),
  refusedPart('cut within the header', cut(sample, 0, WORDS_AT - 1), 'Truncated', 'header'),
  refusedPart('cut within the words', cut(sample, 0, word(6) - 1), 'Truncated', 'words'),
  refusedPart('cut within the signature', cut(sample, 0, -1), 'Truncated', 'signature'),
  refusedPart('a byte after the signature', `${sample}00`, 'TrailingBytes', 'authorPart'),
  refusedPart(
    'no previous digest at sequence 7',
    overwrite(sample, HEADER_AT + 160, '00'.repeat(32)),
    'RuleViolated',
    'header.previous',
  ),
  refusedPart(
    'a previous digest at sequence 0',
    overwrite(sample, HEADER_AT + 159, '00'),
    'RuleViolated',
    'header.previous',
  ),
  refusedPart(
    'a block claimed without its hash',
    overwrite(sample, HEADER_AT + 256, '00'.repeat(32)),
    'RuleViolated',
    'header.notBeforeHash',
  ),
  refusedPart('an unknown type hash', overwrite(sample, 0, '00'), 'UnknownKind', 'typeHash'),
  refusedPart(
    'an author that fills a higher byte',
    overwrite(sample, HEADER_AT + 11, '01'),
    'NonCanonical',
    'header.author',
  ),
  refusedPart(
    'a lane that fills a higher byte',
    overwrite(sample, HEADER_AT + 64 + 27, '01'),
    'NonCanonical',
    'header.lane',
  ),
  refusedPart(
    'a sequence that fills a higher byte',
    overwrite(sample, HEADER_AT + 128 + 23, '01'),
    'NonCanonical',
    'header.sequence',
  ),
  refusedPart(
    'a count that fills a higher byte',
    overwrite(sample, word(3) + 27, '01'),
    'NonCanonical',
    'body.count',
  ),
  refusedPart(
    'a word too few',
    concatHex([cut(sample, 0, WORDS_AT), '0x05', cut(sample, word(0), word(5)), cut(sample, word(6))]),
    'CountMismatch',
    'body.words',
  ),
  refusedPart(
    'a word too many',
    concatHex([
      cut(sample, 0, WORDS_AT),
      '0x07',
      cut(sample, word(0), word(6)),
      fixture.seeded('word'),
      cut(sample, word(6)),
    ]),
    'CountMismatch',
    'body.words',
  ),
  refusedPart(
    'an attachment too many',
    concatHex([cut(sample, 0, attachmentsAt), '0x0100000000', cut(sample, signatureAt)]),
    'CountMismatch',
    'body.attachments',
  ),
  refusedPart(
    'more attachments than words',
    overwrite(sample, attachmentsAt, 'ff'),
    'CountMismatch',
    'attachments',
  ),
  refusedPart(
    'an attachment longer than the input',
    overwrite(declared, declaredAttachmentAt, 'ffffffff'),
    'Truncated',
    'attachments[0]',
  ),
  refusedPart(
    'an attachment that its word does not hash',
    overwrite(declared, declaredAttachmentAt + 4, '55'),
    'AttachmentMismatch',
    'body.declaration',
  ),
  refusedPart('longer than any author part', `0x${'00'.repeat(65_453)}`, 'TooLong', 'authorPart'),
];

const operatorPart = {
  receiptTimeMs: '1767225601250',
  payloadCid: concatHex(['0x01551220', fixture.seeded('payload')]),
  keyCommitment: fixture.seeded('key commitment'),
} as const;
const bare = { ...operatorPart, payloadCid: '0x', keyCommitment: '0x' } as const;
const whole = entry({ authorPart: sample, ...operatorPart });
const cidAt = 1 + 4 + size(sample) + 8;

function taken(name: string, part: Hex, operator: typeof operatorPart | typeof bare): Vector {
  const bytes = entry({ authorPart: part, ...operator });
  return {
    name,
    operation: 'entry',
    input: { authorPart: part, operatorPart: operator },
    expected: { entry: bytes, leafHash: sha256('0x00', bytes) },
  };
}

function refusedEntry(name: string, bytes: Hex, code: string, field: string): Vector {
  return refusal('decode entry', name, { entry: bytes }, code, field);
}

export const entryVectors: readonly Vector[] = [
  taken('a batch with its payload', sample, operatorPart),
  taken('a statement without payload', declared, bare),
  refusedEntry('nothing', '0x', 'Truncated', 'version'),
  refusedEntry('version 0', overwrite(whole, 0, '00'), 'InvalidVersion', 'version'),
  refusedEntry('version 2', overwrite(whole, 0, '02'), 'InvalidVersion', 'version'),
  refusedEntry(
    'an author part longer than the input',
    overwrite(whole, 1, 'ffffffff'),
    'Truncated',
    'authorPart',
  ),
  refusedEntry(
    'an author part a byte short',
    overwrite(whole, 1, (size(sample) - 1).toString(16).padStart(8, '0')),
    'Truncated',
    'signature',
  ),
  refusedEntry(
    'an author part a byte long',
    overwrite(whole, 1, (size(sample) + 1).toString(16).padStart(8, '0')),
    'TrailingBytes',
    'authorPart',
  ),
  refusedEntry('cut within the receipt time', cut(whole, 0, cidAt - 1), 'Truncated', 'receiptTimeMs'),
  refusedEntry('cut within the key commitment', cut(whole, 0, -1), 'Truncated', 'keyCommitment'),
  refusedEntry('a byte at the end', `${whole}00`, 'TrailingBytes', 'entry'),
  refusedEntry('a CID of version 0', overwrite(whole, cidAt + 1, '00'), 'NonCanonical', 'payloadCid'),
  refusedEntry('a CID of another codec', overwrite(whole, cidAt + 2, '71'), 'NonCanonical', 'payloadCid'),
  refusedEntry(
    'a payload without key commitment',
    entry({ authorPart: sample, ...operatorPart, keyCommitment: '0x' }),
    'LengthMismatch',
    'keyCommitment',
  ),
  refusedEntry(
    'a key commitment without payload',
    entry({ authorPart: sample, ...operatorPart, payloadCid: '0x' }),
    'LengthMismatch',
    'keyCommitment',
  ),
  refusedEntry(
    'a key commitment of 31 bytes',
    entry({ authorPart: sample, ...operatorPart, keyCommitment: cut(operatorPart.keyCommitment, 1) }),
    'LengthMismatch',
    'keyCommitment',
  ),
  refusedEntry('longer than any entry', `0x01${'00'.repeat(65_535)}`, 'TooLong', 'entry'),
];
