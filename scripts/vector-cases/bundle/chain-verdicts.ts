import { keccak256, type Hex } from 'viem';
import { operatorAddress, seeded } from '../fixture.ts';
import { overwrite, type Vector } from '../vector.ts';
import { add, replace } from './change.ts';
import { headerOf, rlp, ZERO } from './chain.ts';
import { bundles } from './documents.ts';
import { owner } from './statements.ts';
import { distrusted, failing, verdict } from './verdict.ts';

const device = bundles.device!;
const { anchor, authority } = device;
/** An untrusted block that says what the attacker likes: a self-consistent chain of his own. */
const fakeHeader = rlp(headerOf({ number: 1n, timestamp: 1n, stateRoot: ZERO, receiptsRoot: ZERO }));

const lastNode = anchor.contract.at(-1)!;
const record = authority!.record;
const noReceipt = { anchor: 'fail ReceiptNotProven' };

export const anchorVerdicts: readonly Vector[] = [
  failing(
    'a block by another name',
    { authority: 'fail HeaderHash', anchor: 'fail HeaderHash', chain: 'fail BlockUntrusted' },
    [replace('/anchor/block/hash', seeded('another block'))],
  ),
  failing('a header that is not of the block', { authority: 'fail HeaderHash', anchor: 'fail HeaderHash' }, [
    replace('/anchor/block/header', overwrite(anchor.block.header, -1, '00')),
  ]),
  failing('a header that is no RLP', { authority: 'fail NonCanonical', anchor: 'fail NonCanonical' }, [
    replace('/anchor/block/header', `${anchor.block.header}00`),
  ]),
  verdict("a block of the attacker's own", {
    patch: [replace('/anchor/block', { header: fakeHeader, hash: keccak256(fakeHeader) })],
    except: {
      authority: 'fail RootMismatch',
      anchor: 'fail RootMismatch',
      chain: 'fail BlockUntrusted',
      times: 'fail AheadOfAnchor',
    },
    remarks: ['ClockAhead', 'ReceiptAhead'],
  }),
  failing('a receipt of another transaction', noReceipt, [replace('/anchor/receipt/bytes', '0x02c0')]),
  failing('a byte of the receipt changed', noReceipt, [
    replace('/anchor/receipt/bytes', overwrite(anchor.receipt.bytes, -40, 'ff')),
  ]),
  failing('a receipt at another index', { anchor: 'fail TrailingBytes' }, [
    replace('/anchor/receipt/index', '3'),
  ]),
  failing('a receipt beyond 2⁶⁴', { anchor: 'fail RootMismatch' }, [
    replace('/anchor/receipt/index', '99999999999999999999'),
  ]),
  failing('another event of the receipt', { anchor: 'fail EventMissing' }, [
    replace('/anchor/logIndex', '0'),
  ]),
  failing('an event that the receipt lacks', { anchor: 'fail EventMissing' }, [
    replace('/anchor/logIndex', '2'),
  ]),
  failing('an event beyond 2⁵³', { anchor: 'fail EventMissing' }, [
    replace('/anchor/logIndex', '9007199254740993'),
  ]),
  failing('a hash of the consistency path too many', { anchor: 'fail PathLength' }, [
    add('/anchor/consistency/0', ZERO),
  ]),
  failing('a hash of the consistency path changed', { anchor: 'fail RootMismatch' }, [
    replace('/anchor/consistency/0', ZERO),
  ]),
  ...(
    [
      ['anchor', '/anchor/contract', anchor.contract],
      ['anchor', '/anchor/receipt/proof', anchor.receipt.proof],
      ['authority', '/authority/registry', authority!.registry],
      ['authority', '/authority/record/0', record[0]!],
      ['authority', '/authority/record/2', record[2]!],
    ] as const
  ).flatMap(([layer, pointer, nodes]) => {
    const path = pointer.slice(1).replaceAll('/', '.');
    return [
      failing(`${path} without its last node`, { [layer]: 'fail Truncated' }, [
        replace(pointer, nodes.slice(0, -1)),
      ]),
      failing(`${path} with its last node twice`, { [layer]: 'fail TrailingBytes' }, [
        replace(pointer, [...nodes, nodes.at(-1)!]),
      ]),
      failing(`${path} with its first node twice`, { [layer]: 'fail RootMismatch' }, [
        replace(pointer, [nodes[0]!, ...nodes]),
      ]),
      failing(`${path} with a byte changed`, { [layer]: 'fail RootMismatch' }, [
        replace(`${pointer}/0`, overwrite(nodes[0]!, -5, '00')),
      ]),
      failing(`${path} with 66 nodes`, { [layer]: 'fail TooLong' }, [
        replace(
          pointer,
          Array.from({ length: 66 }, (): Hex => nodes[0]!),
        ),
      ]),
    ];
  }),
  failing('the account of another contract', { anchor: 'fail RootMismatch' }, [
    replace('/anchor/contract', authority!.registry),
  ]),
  failing('a node of another trie at the end', { anchor: 'fail RootMismatch' }, [
    replace(`/anchor/receipt/proof/${anchor.receipt.proof.length - 1}`, lastNode),
  ]),
  distrusted('other code of EvidenceLog', { anchor: 'fail CodeHash' }, [
    replace('/evidenceLog/codeHash', ZERO),
  ]),
  distrusted('other code of DeviceRegistry', { authority: 'fail CodeHash' }, [
    replace('/deviceRegistry/codeHash', ZERO),
  ]),
];

export const authorityVerdicts: readonly Vector[] = [
  failing('no authority', { authority: 'fail Missing' }, [replace('/authority', null)]),
  failing('slots of the record swapped', { authority: 'fail RootMismatch' }, [
    replace('/authority/record', [record[1]!, record[0]!, record[2]!]),
  ]),
  failing('a lineage that nobody asked for', { authority: 'fail LineageBroken' }, [
    add('/authority/lineage/0', '0x00'),
  ]),
  ...([[], [0], [1], [1, 0], [0, 1, 0]] as const).map((order) =>
    verdict(`a lineage of ${order.join(', ') || 'nothing'}`, {
      bundle: 'revoked',
      patch: [
        replace(
          '/authority/lineage',
          order.map((i) => bundles.revoked!.authority!.lineage[i]!),
        ),
      ],
      except: { authority: 'fail LineageBroken' },
    }),
  ),
  verdict('an owner without the proof of no record', {
    bundle: 'owner',
    patch: [replace('/authority', null)],
    except: { authority: 'fail Missing' },
  }),
  verdict('an operator with an authority', {
    bundle: 'operator',
    patch: [replace('/authority', authority)],
    except: { authority: 'fail AuthorMismatch' },
  }),
  verdict('an operator under the trust of another', {
    bundle: 'operator',
    trustPatch: [replace('/logs/0/operator', owner.identity)],
    except: { authority: 'fail AuthorMismatch' },
  }),
  verdict('a device that the trust names as the operator', {
    bundle: 'owner',
    trustPatch: [replace('/logs/0/operator', owner.identity)],
    except: { authority: 'fail AuthorMismatch' },
  }),
  verdict('a device under the trust of another operator', {
    trustPatch: [replace('/logs/0/operator', `0x${'11'.repeat(20)}`)],
  }),
  verdict('an operator once more named', {
    bundle: 'operator',
    trustPatch: [replace('/logs/0/operator', operatorAddress)],
  }),
];
