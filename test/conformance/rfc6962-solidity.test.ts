import hre from 'hardhat';

import { deploy } from '../setup/hardhat.ts';
import { refusalOf } from '../setup/refusal.ts';
import { runCases, type Case } from '../setup/rfc6962-cases.ts';

await hre.tasks.getTask('build').run({ quiet: true });
const library = await deploy<'requireInclusion' | 'requireConsistency'>('Rfc6962Harness');

// A contract's hash has 32 bytes: a shorter one is filled with zeros; none, or a longer one, cannot be given at all.
const hex = (base64: string): string => {
  const digits = Buffer.from(base64, 'base64').toString('hex');
  return digits === '' ? '0x' : `0x${digits.padEnd(64, '0')}`;
};
const pathOf = ({ proof }: Case): string[] => (proof ?? []).map(hex);

runCases('Solidity', 'inclusion.json', (one) =>
  refusalOf(library, () =>
    library.requireInclusion(hex(one.leafHash), one.leafIdx, one.treeSize, hex(one.root), pathOf(one)),
  ),
);

runCases('Solidity', 'consistency.json', (one) =>
  refusalOf(library, () =>
    library.requireConsistency(one.size1, hex(one.root1), one.size2, hex(one.root2), pathOf(one)),
  ),
);
