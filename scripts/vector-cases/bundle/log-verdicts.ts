import { seeded } from '../fixture.ts';
import {
  cosignedLine,
  publicKeyOf,
  signedLine,
  verifierKey,
  verifierKeyOf,
  type Key,
} from '../note-reference.ts';
import { cut, overwrite, type Vector } from '../vector.ts';
import { add, remove, replace, type Step } from './change.ts';
import { bundles, logKey, stranger, trust, witness } from './documents.ts';
import { distrusted, failing, verdict } from './verdict.ts';

const device = bundles.device!;
const [line1, line2] = device.proof.trimEnd().split('\n').slice(-2) as [string, string];
const text = device.proof.slice(device.proof.indexOf('log.example/'), device.proof.indexOf('\n\n—') + 1);

const proofWith = (found: string, put: string): Step => replace('/proof', device.proof.replace(found, put));
/** The proof with another checkpoint, signed by the log under the name given. */
const resigned = (changed: string, name = logKey.name): Step[] => {
  const key: Key = { ...logKey, name };
  const head = device.proof.slice(0, device.proof.indexOf('log.example/'));
  return [
    replace('/proof', `${head}${changed}\n${signedLine(key, changed)}${cosignedLine(witness, changed, 1n)}`),
    replace('/verifierKeys/0', verifierKeyOf(key)),
  ];
};
const secondWitness = cosignedLine(stranger, text, 1n);
const entryWith = (offset: number, bytes: string): Step =>
  replace('/entry', overwrite(device.entry, offset, bytes));
export const statementVerdicts: readonly Vector[] = [
  distrusted('another chain', { statement: 'fail ChainUntrusted' }, [replace('/chainId', '1')]),
  distrusted('another contract', { statement: 'fail ContractUntrusted', anchor: 'fail EventMissing' }, [
    replace('/evidenceLog/address', trust.deviceRegistry.address),
  ]),
  distrusted(
    'no log',
    { statement: 'fail LogUntrusted', authority: 'fail LogUntrusted', checkpoint: 'fail LogUntrusted' },
    [replace('/logs', [])],
  ),
  failing(
    'a claim to another chain',
    { statement: 'fail ChainUntrusted', signature: 'fail SignatureMismatch' },
    [replace('/domain/chainId', '1')],
  ),
  failing(
    'a type of another kind',
    {
      statement: 'fail TypeHashMismatch',
      signature: 'not checked',
      authority: 'not checked',
      readings: 'not checked',
      times: 'not checked',
    },
    [replace('/type', bundles.operator!.type)],
  ),
  failing(
    'an entry cut off',
    {
      statement: 'fail Truncated',
      signature: 'not checked',
      authority: 'not checked',
      readings: 'not checked',
      times: 'not checked',
      inclusion: 'fail RootMismatch',
    },
    [replace('/entry', cut(device.entry, 0, -1))],
  ),
  failing(
    'no entry',
    {
      statement: 'fail Truncated',
      signature: 'not checked',
      authority: 'not checked',
      readings: 'not checked',
      times: 'not checked',
      inclusion: 'fail RootMismatch',
    },
    [replace('/entry', '0x')],
  ),
  failing('another receipt time', { inclusion: 'fail RootMismatch' }, [entryWith(-3, 'ff')]),
  failing(
    'a signature of another statement',
    { signature: 'fail SignatureMismatch', inclusion: 'fail RootMismatch' },
    [entryWith(-(1 + 1 + 8 + 40), 'ff')],
  ),
];

export const logVerdicts: readonly Vector[] = [
  failing('an index moved', { inclusion: 'fail RootMismatch' }, [proofWith('index 5', 'index 4')]),
  failing('an index beyond the log', { inclusion: 'fail IndexOutOfRange' }, [
    proofWith('index 5', 'index 7'),
  ]),
  failing(
    'an index of twenty digits',
    { inclusion: 'fail ProofText', checkpoint: 'fail ProofText', anchor: 'fail ProofText' },
    [proofWith('index 5', 'index 99999999999999999999')],
  ),
  failing('a hash of the path left out', { inclusion: 'fail PathLength' }, [
    proofWith(`${device.proof.split('\n')[2]!}\n`, ''),
  ]),
  failing(
    'a proof that is none',
    { inclusion: 'fail ProofText', checkpoint: 'fail ProofText', anchor: 'fail ProofText' },
    [replace('/proof', 'c2sp.org/tlog-proof@v1\n')],
  ),
  failing(
    'a checkpoint of another log',
    { checkpoint: 'fail OriginMismatch', anchor: 'fail OriginMismatch' },
    [...resigned(text.replace(/\/[0-9a-f]{64}\//u, `/${seeded('another log').slice(2)}/`))],
  ),
  failing(
    'a checkpoint of another epoch',
    { checkpoint: 'fail NoteKeyUntrusted', anchor: 'fail OriginMismatch' },
    [...resigned(text.replace('/0\n', '/1\n'), logKey.name.replace(/0$/u, '1'))],
  ),
  failing('a larger checkpoint, signed', { inclusion: 'fail PathLength', anchor: 'fail PathLength' }, [
    ...resigned(text.replace('\n7\n', '\n9\n')),
  ]),
  failing(
    'a checkpoint beyond the anchor, signed',
    { inclusion: 'fail PathLength', anchor: 'fail SizesNotAscending' },
    [...resigned(text.replace('\n7\n', '\n12\n'))],
  ),
  failing(
    'a size changed',
    { inclusion: 'fail PathLength', checkpoint: 'fail SignatureLine', anchor: 'fail PathLength' },
    [proofWith('\n7\n', '\n9\n')],
  ),
  failing('no verifier key', { checkpoint: 'fail SignatureLine' }, [replace('/verifierKeys', [])]),
  failing('a verifier key too many', { checkpoint: 'fail SignatureLine' }, [
    add('/verifierKeys/2', verifierKeyOf(stranger)),
  ]),
  failing('verifier keys swapped', { checkpoint: 'fail SignatureLine' }, [
    replace('/verifierKeys', device.verifierKeys.toReversed()),
  ]),
  failing('a verifier key that is none', { checkpoint: 'fail VerifierKey' }, [
    replace('/verifierKeys/1', 'key'),
  ]),
  failing('signed twice by one key', { checkpoint: 'fail SignatureLine' }, [
    proofWith(`${line2}\n`, `${line2}\n${line2}\n`),
    add('/verifierKeys/2', verifierKeyOf(witness)),
  ]),
  failing("signed by the log's key alone", { checkpoint: 'fail QuorumMissing' }, [
    proofWith(`${line2}\n`, ''),
    remove('/verifierKeys/1'),
  ]),
  failing('signed by the witness alone', { checkpoint: 'fail NoteKeyUntrusted' }, [
    proofWith(`${line1}\n`, ''),
    remove('/verifierKeys/0'),
  ]),
  failing('signed by a witness that nobody trusts', { checkpoint: 'fail QuorumMissing' }, [
    proofWith(`${line2}\n`, secondWitness),
    replace('/verifierKeys/1', verifierKeyOf(stranger)),
  ]),
  verdict('signed by one more witness, whom nobody trusts', {
    patch: [
      proofWith(`${line2}\n`, `${line2}\n${secondWitness}`),
      add('/verifierKeys/2', verifierKeyOf(stranger)),
    ],
  }),
  failing('signed by a witness under the name of a trusted one', { checkpoint: 'fail QuorumMissing' }, [
    proofWith(`${line2}\n`, cosignedLine({ ...stranger, name: witness.name }, text, 1n)),
    replace('/verifierKeys/1', verifierKeyOf({ ...stranger, name: witness.name })),
  ]),
  failing("a log's signature in the place of a witness's", { checkpoint: 'fail SignatureLine' }, [
    proofWith(`${line2}\n`, signedLine({ ...witness, algorithm: 1 }, text)),
    replace('/verifierKeys/1', verifierKey(witness.name, 4, publicKeyOf(witness.seed))),
  ]),
  failing('signed by a second note key', { checkpoint: 'fail NoteKeyUntrusted' }, [
    proofWith(`${line2}\n`, `${line2}\n${signedLine({ ...logKey, seed: seeded('thief') }, text)}`),
    add('/verifierKeys/2', verifierKeyOf({ ...logKey, seed: seeded('thief') })),
  ]),
  distrusted('no note key', { checkpoint: 'fail NoteKeyUntrusted' }, [replace('/logs/0/noteKeys', [])]),
  distrusted('a note key from the next size on', { checkpoint: 'fail NoteKeyUntrusted' }, [
    replace('/logs/0/noteKeys/0/from', '8'),
  ]),
  distrusted('a note key up to this size', { checkpoint: 'fail NoteKeyUntrusted' }, [
    replace('/logs/0/noteKeys/0/to', '7'),
  ]),
  verdict('a note key of this size alone', {
    trustPatch: [replace('/logs/0/noteKeys/0/from', '7'), replace('/logs/0/noteKeys/0/to', '8')],
  }),
  distrusted('a quorum of two', { checkpoint: 'fail QuorumMissing' }, [replace('/witnesses/quorum', '2')]),
  distrusted('a quorum beyond 2⁵³', { checkpoint: 'fail QuorumMissing' }, [
    replace('/witnesses/quorum', '18446744073709551615'),
  ]),
  verdict('witnesses from the next size on, and none has signed', {
    patch: [proofWith(`${line2}\n`, ''), remove('/verifierKeys/1')],
    trustPatch: [replace('/witnesses/from', '8')],
  }),
  verdict('witnesses from this size on, and none has signed', {
    patch: [proofWith(`${line2}\n`, ''), remove('/verifierKeys/1')],
    trustPatch: [replace('/witnesses/from', '7')],
    except: { checkpoint: 'fail QuorumMissing' },
  }),
  distrusted('other witnesses', { checkpoint: 'fail QuorumMissing' }, [
    replace('/witnesses/keys', [verifierKeyOf(stranger)]),
  ]),
];
