import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import hre from 'hardhat';

import { deploy } from '../setup/hardhat.ts';

// Project Wycheproof, ECDSA on P-256 with SHA-256, signatures r ‖ s, through the check that the DeviceRegistry makes.
// Its verdict is that of plain ECDSA; the contract takes low s only, so of a valid signature with a high s it takes the
// other half, n − s.
type Test = { tcId: number; comment: string; msg: string; sig: string; result: 'valid' | 'invalid' };
type Suite = { numberOfTests: number; testGroups: { publicKey: { uncompressed: string }; tests: Test[] }[] };

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const path = new URL(
  '../../../shared/vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json',
  import.meta.url,
);
const title = 'wycheproof P-256 through the contract';

if (!existsSync(path)) {
  it(title, { skip: `cannot run: ${path.pathname} is not there` });
} else {
  await hre.tasks.getTask('build').run({ quiet: true });
  const library = await deploy<'isOfP256Key'>('KeySignatureHarness');
  const suite = JSON.parse(readFileSync(path, 'utf8')) as Suite;

  describe(title, () => {
    let run = 0;
    for (const { publicKey, tests } of suite.testGroups) {
      const key = `0x${publicKey.uncompressed.slice(2)}`;
      for (const { tcId, comment, msg, sig, result } of tests) {
        const hash = createHash('sha256').update(Buffer.from(msg, 'hex')).digest();
        run += 1;
        it(`${tcId} ${comment}: ${result}`, async () => {
          const s = sig.length === 128 ? BigInt(`0x${sig.slice(64)}`) : 0n;
          const isLow = s <= ORDER / 2n;
          assert.equal(await library.isOfP256Key(key, hash, `0x${sig}`), result === 'valid' && isLow);
          if (!isLow && s < ORDER) {
            const low = `0x${sig.slice(0, 64)}${(ORDER - s).toString(16).padStart(64, '0')}`;
            assert.equal(await library.isOfP256Key(key, hash, low), result === 'valid');
          }
        });
      }
    }

    it('runs every case of the suite', () => {
      assert.equal(run, suite.numberOfTests);
    });
  });
}
