import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fromHex, keyRecordSlots, toHex, type Hex } from '@gridseal/protocol';

import { ArchiveError } from '../../../backend/features/anchor/archive/errors.ts';
import { fetchStateProofs, type StateProofs } from '../../../backend/features/anchor/archive/state-proofs.ts';
import { verifyStateProofs } from '../../../backend/features/anchor/archive/verify-state.ts';
import { startTestChain, type TestChain } from '../../setup/anvil.ts';

const contracts: { evidenceLog: Hex; deviceRegistry: Hex } = {
  evidenceLog: `0x${'31'.repeat(20)}`,
  deviceRegistry: `0x${'32'.repeat(20)}`,
};
const enrolled = { identity: `0x${'a1'.repeat(20)}`, keyId: `0x${'b2'.repeat(32)}` } as const;
const unknown = { identity: `0x${'a1'.repeat(20)}`, keyId: `0x${'b3'.repeat(32)}` } as const;

let chain: TestChain;
let number: bigint;
let stateRoot: Hex;
let proofs: StateProofs;

before(async () => {
  chain = await startTestChain();
  for (const address of Object.values(contracts)) await chain.cheat.setCode({ address, bytecode: '0x00' });
  const [times, profile] = keyRecordSlots(fromHex(enrolled.identity), fromHex(enrolled.keyId));
  for (const slot of [times, profile]) {
    await chain.cheat.setStorageAt({
      address: contracts.deviceRegistry,
      index: toHex(slot),
      value: `0x${'0f'.repeat(32)}`,
    });
  }
  await chain.cheat.mine({ blocks: 1 });
  ({ number, stateRoot } = await chain.client.getBlock());
  await chain.cheat.mine({ blocks: 3 });
  proofs = await fetchStateProofs(chain.client, contracts, number, [enrolled, unknown]);
});
after(() => chain.stop());

const refuses = (changed: StateProofs, root: Hex = stateRoot) =>
  assert.rejects(
    verifyStateProofs(contracts, root, changed),
    (error) => error instanceof ArchiveError && error.code === 'EvidenceRefused',
  );

test('a key that is enrolled and one that is not both prove under the state root', async () => {
  await verifyStateProofs(contracts, stateRoot, proofs);
  assert.equal(proofs.keyRecords.length, 2);
});

test('proofs of another block, account or key are refused', async () => {
  const { stateRoot: later } = await chain.client.getBlock({ blockNumber: 0n });
  await refuses(proofs, later);
  await refuses({ ...proofs, deviceRegistry: proofs.evidenceLog });
  const [first, second] = proofs.keyRecords;
  await refuses({ ...proofs, keyRecords: [{ ...first!, record: [[], [], []] }, second!] });
});

test('one changed byte of a node is refused', async () => {
  const [first] = proofs.keyRecords;
  const [times, profile, lastGood] = first!.record;
  const leaf = times.at(-1)!;
  const changed = `${leaf.slice(0, -1)}${leaf.endsWith('0') ? '1' : '0'}` as Hex;
  await refuses({
    ...proofs,
    keyRecords: [{ ...first!, record: [[...times.slice(0, -1), changed], profile, lastGood] }],
  });
});
