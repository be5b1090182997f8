import { createHash } from 'node:crypto';
import { refusal, type Json, type Vector } from '../vector.ts';
import { canonical } from './canonical.ts';
import { add, append, instead, keep, remove, replace, wholly, type Splice, type Step } from './change.ts';
import { bundles } from './documents.ts';

const MAX_LENGTH = 16_777_216;
const device = bundles.device!;
const { anchor, domain } = device;

const accepted = (name: string): Vector => {
  const text = canonical(bundles[name]!);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return {
    name: `the bundle ${name}`,
    operation: 'read',
    input: { bundle: name },
    expected: { sha256: `0x${sha256}`, isReformatted: false },
  };
};
const sha256OfDevice = createHash('sha256').update(canonical(device)).digest('hex');
/** The device's bundle as something else wrote it: it says the same. */
const reformatted = (name: string, splice: Splice): Vector => ({
  name,
  operation: 'read',
  input: { bundle: 'device', splice: splice as Json },
  expected: { sha256: `0x${sha256OfDevice}`, isReformatted: true },
});

const patched = (name: string, patch: readonly Step[], field: string, code = 'InvalidJson'): Vector =>
  refusal('read', name, { bundle: 'device', patch: patch as Json }, code, field);
const spliced = (name: string, splice: Splice, code: string, field = 'bundle'): Vector =>
  refusal('read', name, { bundle: 'device', splice: splice as Json }, code, field);
const swapped = (name: string, found: string, put: string): Vector =>
  reformatted(name, instead(device, found, put));

const integerAt = (value: Json, name = JSON.stringify(value)): Vector =>
  patched(`a number ${name}`, [replace('/anchor/logIndex', value)], 'bundle.anchor.logIndex');
const hexAt = (name: string, value: Json): Vector =>
  patched(`bytes: ${name}`, [replace('/entry', value)], 'bundle.entry');

const members = Object.keys(device);
const objects: readonly (readonly [pointer: string, field: string])[] = [
  ['', 'bundle'],
  ['/domain', 'bundle.domain'],
  ['/anchor', 'bundle.anchor'],
  ['/anchor/block', 'bundle.anchor.block'],
  ['/anchor/receipt', 'bundle.anchor.receipt'],
  ['/authority', 'bundle.authority'],
  ['/readings', 'bundle.readings'],
  ['/readings/disclosed/1', 'bundle.readings.disclosed[1]'],
];
const lists: readonly (readonly [pointer: string, field: string])[] = [
  ['/verifierKeys', 'bundle.verifierKeys'],
  ['/anchor/receipt/proof', 'bundle.anchor.receipt.proof'],
  ['/anchor/consistency', 'bundle.anchor.consistency'],
  ['/anchor/contract', 'bundle.anchor.contract'],
  ['/authority/registry', 'bundle.authority.registry'],
  ['/authority/record', 'bundle.authority.record'],
  ['/authority/record/1', 'bundle.authority.record[1]'],
  ['/authority/lineage', 'bundle.authority.lineage'],
  ['/readings/disclosed', 'bundle.readings.disclosed'],
  ['/readings/disclosed/0/path', 'bundle.readings.disclosed[0].path'],
];
const logIdText = `"logId":"${domain.logId}"`;
const chainText = `"chainId":"${domain.chainId}"`;

const otherBytes: readonly Vector[] = [
  spliced('nothing', keep(device, 0), 'InvalidJson'),
  spliced('the first half', keep(device, 6000), 'InvalidJson'),
  spliced('all but the last byte', keep(device, Buffer.byteLength(canonical(device)) - 1), 'InvalidJson'),
  spliced('twice', append(device, canonical(device).slice(0, 40)), 'InvalidJson'),
  spliced('a NUL at the end', append(device, '\0'), 'InvalidJson'),
  reformatted('a newline at the end', append(device, '\n')),
  reformatted('a carriage return and a newline at the end', append(device, '\r\n')),
  reformatted('a space at the end', append(device, ' ')),
  reformatted('indented', wholly(device, JSON.stringify(device, null, 2))),
  reformatted(
    'indented by tabs, with carriage returns',
    wholly(device, JSON.stringify(device, null, '\t').replaceAll('\n', '\r\n')),
  ),
  reformatted('members in the order of another program', wholly(device, JSON.stringify(device))),
  reformatted('a byte order mark and indented', wholly(device, `\ufeff${JSON.stringify(device, null, 4)}\n`)),
  reformatted(
    'every character beyond ASCII escaped',
    wholly(
      device,
      canonical(device).replaceAll(
        /[\u0080-\uffff]/gu,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ),
  ),
  spliced('two byte order marks', instead(device, '{"anchor"', '\ufeff\ufeff{"anchor"'), 'InvalidJson'),
  spliced('a no-break space', append(device, '\u00a0'), 'InvalidJson'),
  swapped('a space before', '{"anchor"', ' {"anchor"'),
  swapped('a space after a comma', ',"proof"', ', "proof"'),
  swapped('a tab after a colon', '"proof":', '"proof":\t'),
  swapped('a carriage return and a newline', '{"anchor"', '{\r\n"anchor"'),
  reformatted('a byte order mark', instead(device, '{"anchor"', '\ufeff{"anchor"')),
  spliced('UTF-16', wholly(device, '\u0000{\u0000}'), 'InvalidJson'),
  spliced('a byte that is no UTF-8', instead(device, 'TelemetryBatch', Uint8Array.of(0xff)), 'InvalidUtf8'),
  spliced(
    'a character in too many bytes',
    instead(device, 'TelemetryBatch', Uint8Array.of(0xc1, 0x94)),
    'InvalidUtf8',
  ),
  spliced(
    'half a character as bytes',
    instead(device, 'TelemetryBatch', Uint8Array.of(0xed, 0xa0, 0x80)),
    'InvalidUtf8',
  ),
  spliced('a member twice', instead(device, '"proof":', '"proof":"","proof":'), 'InvalidJson'),
  spliced(
    'a member twice, far apart',
    instead(device, '{"anchor"', '{"anchor":null,"anchor"'),
    'InvalidJson',
  ),
  spliced(
    'a member twice, once escaped',
    instead(device, chainText, `${chainText},"chain\\u0049d":"1"`),
    'InvalidJson',
  ),
  swapped(
    'members in another order',
    `${chainText},"evidenceLog":"${domain.evidenceLog}",${logIdText}`,
    `${logIdText},"evidenceLog":"${domain.evidenceLog}",${chainText}`,
  ),
  swapped('a letter escaped', 'TelemetryBatch', '\\u0054elemetryBatch'),
  swapped('a solidus escaped', 'gridseal-bundle/1', 'gridseal-bundle\\/1'),
  swapped('a newline in the longer escape', '\\n', '\\u000a'),
  swapped('a quotation mark in the longer escape', '\\"', '\\u0022'),
  swapped('a dash escaped', '—', '\\u2014'),
  spliced('a comma too many', instead(device, ',"type"', ',,"type"'), 'InvalidJson'),
  spliced('a comma at the end', instead(device, '},"type"', ',},"type"'), 'InvalidJson'),
  spliced('a comment', instead(device, '{"anchor"', '{/**/"anchor"'), 'InvalidJson'),
  spliced('single quotes', instead(device, '"chainId"', "'chainId'"), 'InvalidJson'),
  spliced(
    'a number without quotes',
    instead(device, '"logIndex":"1"', '"logIndex":1'),
    'InvalidJson',
    'bundle.anchor.logIndex',
  ),
];

const otherRoots: readonly Vector[] = ['null', 'true', '0', '""', '[]', '[{}]'].map((text) =>
  spliced(`the document ${text}`, wholly(device, text), 'InvalidJson'),
);

const otherShapes: readonly Vector[] = [
  ...members.map((name) => patched(`no ${name}`, [remove(`/${name}`)], `bundle.${name}`)),
  ...members
    .filter((name) => !['anchor', 'authority', 'readings'].includes(name))
    .map((name) => patched(`${name} null`, [replace(`/${name}`, null)], `bundle.${name}`)),
  ...objects.map(([pointer, field]) =>
    patched(`a free member of ${field}`, [add(`${pointer}/note`, 'x')], `${field}.note`),
  ),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map((name) =>
    patched(`a free member ${JSON.stringify(name)}`, [add(`/${name}`, 'x')], `bundle.${name}`),
  ),
  ...objects
    .slice(1)
    .flatMap(([pointer, field]) => [
      patched(`${field} as a list`, [replace(pointer, [])], field),
      patched(`${field} as a string`, [replace(pointer, '')], field),
    ]),
  ...lists.flatMap(([pointer, field]) => [
    patched(`${field} null`, [replace(pointer, null)], field),
    patched(`${field} as an object`, [replace(pointer, {})], field),
    patched(`${field} as a string`, [replace(pointer, '0x')], field),
    patched(
      `${field} with a null`,
      [add(`${pointer}/0`, null)],
      pointer.endsWith('record') ? field : `${field}[0]`,
    ),
  ]),
  patched('a record of two slots', [remove('/authority/record/2')], 'bundle.authority.record'),
  patched('another format', [replace('/format', 'gridseal-bundle/2')], 'bundle.format'),
  patched('a format in capitals', [replace('/format', 'Gridseal-Bundle/1')], 'bundle.format'),
  patched('half a character, escaped', [replace('/type', '\ud800')], 'bundle.type'),
  patched('half a character in a name', [add('/\udc00', '')], 'bundle.\udc00'),
];

const otherValues: readonly Vector[] = [
  ...['', '01', '+1', '-1', '-0', '1.0', '1e0', ' 1', '1 ', '0x1', '1n', '١', '１', '1'.repeat(21)].map(
    (value) => integerAt(value),
  ),
  ...[1, true, null].map((value) => integerAt(value)),
  hexAt('no prefix', device.entry.slice(2)),
  hexAt('a prefix in capitals', device.entry.replace('0x', '0X')),
  hexAt('capital digits', device.entry.toUpperCase().replace('0X', '0x')),
  hexAt('an odd number of digits', device.entry.slice(0, -1)),
  hexAt('a letter beyond f', device.entry.replace(/.$/u, 'g')),
  hexAt('a space', device.entry.replace('0x', '0x ')),
  hexAt('a newline at the end', `${device.entry}\n`),
  hexAt('nothing', ''),
  patched(
    'a hash of 31 bytes',
    [replace('/anchor/block/hash', anchor.block.hash.slice(0, -2))],
    'bundle.anchor.block.hash',
  ),
  patched('a hash of 33 bytes', [replace('/domain/logId', `${domain.logId}00`)], 'bundle.domain.logId'),
  patched(
    'an address of 19 bytes',
    [replace('/domain/evidenceLog', domain.evidenceLog.slice(0, -2))],
    'bundle.domain.evidenceLog',
  ),
  patched(
    'an address with a checksum',
    [replace('/domain/evidenceLog', domain.evidenceLog.replace('fe', 'Fe'))],
    'bundle.domain.evidenceLog',
  ),
];

const otherSizes: readonly Vector[] = [
  spliced(
    'one byte longer than a bundle may be',
    { ...wholly(device, ' '), times: MAX_LENGTH + 1 },
    'TooLong',
  ),
  spliced('lists in lists, eight million deep', wholly(device, '[', 8_000_000), 'InvalidJson'),
  spliced('members in members, a million deep', wholly(device, '{"anchor":', 1_000_000), 'InvalidJson'),
  spliced('a list of a million', instead(device, '"lineage":[]', '"lineage":[,', 1_000_000), 'InvalidJson'),
  spliced('a quotation mark and a million backslashes', wholly(device, '"\\\\', 1_000_000), 'InvalidJson'),
];

export const bundleVectors: readonly Vector[] = [
  ...Object.keys(bundles).map(accepted),
  ...otherBytes,
  ...otherRoots,
  ...otherShapes,
  ...otherValues,
  ...otherSizes,
];
