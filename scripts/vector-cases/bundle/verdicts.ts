import { seeded } from '../fixture.ts';
import { cut, overwrite, type Vector } from '../vector.ts';
import { add, remove, replace } from './change.ts';
import { ZERO } from './chain.ts';
import { anchorVerdicts, authorityVerdicts } from './chain-verdicts.ts';
import { bundles } from './documents.ts';
import { logVerdicts, statementVerdicts } from './log-verdicts.ts';
import { disclosed } from './statements.ts';
import { failing, LAYERS, verdict, type Outcomes } from './verdict.ts';

const device = bundles.device!;
const chain = { anchor: 'not checked', authority: 'not checked', chain: 'not checked' } as const;
const noHeaders = [replace('/headers', [])];

const whole: readonly Vector[] = [
  ...['device', 'revoked', 'owner', 'operator', 'owner-by-member', 'owner-by-own-device'].map((bundle) =>
    verdict(`the bundle ${bundle}`, { bundle }),
  ),
  verdict('a key never enrolled', { bundle: 'key-unknown', except: { authority: 'fail KeyUnknown' } }),
  verdict('a key of a witness', { bundle: 'key-of-witness', except: { authority: 'fail PurposeMismatch' } }),
  verdict('a key of another algorithm', {
    bundle: 'key-of-other-algorithm',
    except: { authority: 'fail PurposeMismatch' },
  }),
  verdict('a key revoked with nothing left good', {
    bundle: 'key-revoked',
    except: { authority: 'fail KeyRevoked' },
  }),
  verdict('a key revoked after another chain of statements', {
    bundle: 'key-revoked-elsewhere',
    except: { authority: 'fail LineageBroken' },
  }),
  verdict("an owner's own key revoked", {
    bundle: 'owner-revoked',
    except: { authority: 'fail KeyRevoked' },
  }),
  verdict("an operator's kind by somebody else", {
    bundle: 'not-the-operator',
    except: { authority: 'fail AuthorMismatch' },
  }),
  verdict("an owner's kind by a device that it owns", {
    bundle: 'owner-by-device',
    except: { authority: 'fail PurposeMismatch' },
  }),
  ...[
    'record-of-33-bytes',
    'record-with-a-leading-zero',
    'record-of-zero',
    'record-that-is-a-list',
    'record-that-is-no-rlp',
  ].map((bundle) => verdict(`the bundle ${bundle}`, { bundle, except: { authority: 'fail NonCanonical' } })),
  verdict('a transaction that was reverted', {
    bundle: 'transaction-failed',
    except: { anchor: 'fail TransactionFailed' },
  }),
];

const askedFor: readonly Vector[] = [
  verdict('no block that is trusted', { trustPatch: noHeaders, except: chain }),
  verdict('an operator, and no block that is trusted', {
    bundle: 'operator',
    trustPatch: noHeaders,
    except: { anchor: 'not checked', chain: 'not checked' },
  }),
  verdict('a block that is none of those trusted', {
    trustPatch: [replace('/headers', [seeded('another block'), seeded('and another')])],
    except: { ...chain, chain: 'fail BlockUntrusted' },
  }),
  verdict('a block that a node refused', {
    options: { refusedBlock: 'replaced' },
    except: { anchor: 'not checked', authority: 'not checked', chain: 'fail BlockNotCanonical' },
  }),
  verdict('a block that a node refused, waived', {
    options: { refusedBlock: 'replaced', waive: ['chain'] },
    except: { anchor: 'not checked', authority: 'not checked', chain: 'fail BlockNotCanonical' },
  }),
  verdict('without an anchor', {
    patch: [replace('/anchor', null), replace('/authority', null)],
    except: { authority: 'fail Missing', anchor: 'fail Missing', chain: 'not checked' },
  }),
  verdict('without an anchor, waived by name', {
    patch: [replace('/anchor', null), replace('/authority', null)],
    options: { waive: ['authority', 'anchor', 'chain'] },
    except: { authority: 'fail Missing', anchor: 'fail Missing', chain: 'not checked' },
    outcome: 'incomplete',
  }),
  verdict('without an anchor, waived but for one layer', {
    patch: [replace('/anchor', null), replace('/authority', null)],
    options: { waive: ['anchor', 'chain'] },
    except: { authority: 'fail Missing', anchor: 'fail Missing', chain: 'not checked' },
  }),
  verdict('without readings', {
    patch: [replace('/readings', null)],
    except: { readings: 'not checked' },
    outcome: 'holds',
  }),
  verdict('a failure, everything waived', {
    patch: [replace('/anchor/logIndex', '0')],
    options: { waive: [...LAYERS] },
    except: { anchor: 'fail EventMissing' },
  }),
];

const noReadings = (code: string): Outcomes => ({ readings: `fail ${code}` });
const readings: readonly Vector[] = [
  verdict('readings beside a statement that commits to none', {
    bundle: 'operator',
    patch: [replace('/readings', device.readings)],
    options: { waive: ['readings'] },
    except: noReadings('NothingCommitted'),
  }),
  verdict('every reading', { patch: [replace('/readings/disclosed', [0, 1, 2, 3, 4].map(disclosed))] }),
  verdict('no reading but the profile', { patch: [replace('/readings/disclosed', [])] }),
  failing('another profile', noReadings('ProfileMismatch'), [
    replace('/readings/profile', device.readings!.profile.replace('Wh', 'kWh')),
  ]),
  failing('an index of another reading', noReadings('RootMismatch'), [
    replace('/readings/disclosed/0/index', '1'),
  ]),
  failing('an index beyond the batch', noReadings('OutOfRange'), [
    replace('/readings/disclosed/2/index', '5'),
  ]),
  failing('an index of padding', noReadings('OutOfRange'), [replace('/readings/disclosed/2/index', '7')]),
  failing('an index beyond 2⁵³', noReadings('OutOfRange'), [
    replace('/readings/disclosed/2/index', '9007199254740993'),
  ]),
  failing('a reading twice', noReadings('NotAscending'), [replace('/readings/disclosed/1', disclosed(0))]),
  failing('readings going back', noReadings('NotAscending'), [
    replace('/readings/disclosed', [4, 2, 0].map(disclosed)),
  ]),
  failing('an index beyond 2⁵³ twice', noReadings('OutOfRange'), [
    replace('/readings/disclosed/1/index', '9007199254740992'),
    replace('/readings/disclosed/2/index', '9007199254740993'),
  ]),
  failing('another value', noReadings('RootMismatch'), [
    replace('/readings/disclosed/0/block', overwrite(disclosed(0).block, 55, 'ff')),
  ]),
  failing('a block of 63 bytes', noReadings('LengthMismatch'), [
    replace('/readings/disclosed/0/block', cut(disclosed(0).block, 0, 63)),
  ]),
  failing('a path without its last hash', noReadings('CountMismatch'), [
    remove('/readings/disclosed/0/path/2'),
  ]),
  failing('a path with a hash too many', noReadings('CountMismatch'), [
    add('/readings/disclosed/0/path/3', ZERO),
  ]),
];

const times: readonly Vector[] = [
  verdict('signed after the block before its anchor', { bundle: 'not-before-parent' }),
  verdict('signed after a block that nobody looked up', {
    bundle: 'not-before-claimed',
    remarks: ['NotBeforeUnchecked'],
  }),
  verdict('signed after a block that a node has', {
    bundle: 'not-before-claimed',
    options: { notBefore: { status: 'canonical' } },
  }),
  verdict('signed after a block that a node has otherwise', {
    bundle: 'not-before-claimed',
    options: { notBefore: { status: 'refused', reason: 'another' } },
    except: { times: 'fail NotBeforeHash' },
    remarks: ['NotBeforeUnchecked'],
  }),
  verdict('signed after another block than the one before its anchor', {
    bundle: 'not-before-other-parent',
    except: { times: 'fail NotBeforeHash' },
    remarks: ['NotBeforeUnchecked'],
  }),
  ...['not-before-same', 'not-before-above'].map((bundle) =>
    verdict(`the bundle ${bundle}`, {
      bundle,
      except: { times: 'fail BlockAhead' },
      remarks: ['NotBeforeUnchecked'],
    }),
  ),
  verdict('a change of the registry in a block after the anchor', {
    bundle: 'registry-event-ahead',
    except: { times: 'fail BlockAhead' },
  }),
  verdict('a change of the registry in a block before the anchor', { bundle: 'registry-event' }),
  verdict('readings of another time than their batch', {
    bundle: 'interval-elsewhere',
    except: { readings: 'fail OutsideInterval' },
    remarks: ['ClockUnset'],
  }),
  verdict('a clock that was not set', { bundle: 'clock-unset', remarks: ['ClockUnset', 'ReadingsAhead'] }),
  verdict('a clock of the year 9999', {
    bundle: 'clock-of-9999',
    except: { times: 'fail AheadOfAnchor' },
    remarks: ['ClockUnset', 'ClockAhead'],
  }),
  verdict('a clock an hour ahead', { bundle: 'clock-ahead', remarks: ['ClockAhead'] }),
  verdict('readings of the day after tomorrow', {
    bundle: 'interval-ahead',
    except: { times: 'fail AheadOfAnchor' },
    remarks: ['ReadingsAhead'],
  }),
  verdict("an operator's clock an hour ahead", { bundle: 'receipt-ahead', remarks: ['ReceiptAhead'] }),
  verdict("an operator's clock two days ahead", {
    bundle: 'receipt-far-ahead',
    except: { times: 'fail AheadOfAnchor' },
    remarks: ['ReceiptAhead'],
  }),
];

const claims: readonly Vector[] = [
  verdict('a contradiction that its device signed', { bundle: 'equivocation' }),
  verdict("a contradiction by a key that the bundle does not show to be the device's", {
    bundle: 'equivocation-by-another-key',
  }),
  verdict('a contradiction that its device never signed', {
    bundle: 'equivocation-unsigned',
    except: { claims: 'fail SignatureMismatch' },
  }),
  verdict('a contradiction of another key than it names', {
    bundle: 'equivocation-of-another-key',
    except: { claims: 'fail KeyMismatch' },
  }),
  verdict('a contradiction by another digest', {
    bundle: 'equivocation-of-another-digest',
    except: { claims: 'fail DigestMismatch' },
  }),
  verdict('an erasure', { bundle: 'erasure' }),
];

export const verdictVectors: readonly Vector[] = [
  ...whole,
  ...askedFor,
  ...statementVerdicts,
  ...logVerdicts,
  ...anchorVerdicts,
  ...authorityVerdicts,
  ...readings,
  ...times,
  ...claims,
];
