import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { privateKeyToAccount } from 'viem/accounts';
import {
  concat,
  digest,
  domainOf,
  encodeAuthorPart,
  encodeSignature,
  fromHex,
  portable,
  typedData,
  unsignedPart,
  utf8,
  verifyEquivocation,
  verifySignature,
  type BodyOf,
  type Domain,
  type StatementOf,
} from '../../../protocol/src/index.ts';

const account = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
const author = fromHex(account.address.toLowerCase());
const keyId = concat(new Uint8Array(12), author);
const named = (name: string): Uint8Array => portable.sha256(utf8(name));
const here = { chainId: 1n, evidenceLog: named('contract').subarray(12), logId: named('log') };

describe('a wallet signature', () => {
  it('verifies in its own log', async () => {
    const domain = domainOf(here);
    const { identity } = verifySignature(await signedIn(domain, domain));
    assert.deepEqual(identity, author);
  });

  const elsewhere = {
    chain: { ...here, chainId: 2n },
    contract: { ...here, evidenceLog: named('other contract').subarray(12) },
    log: { ...here, logId: named('other log') },
  };
  for (const [name, values] of Object.entries(elsewhere)) {
    it(`is worth nothing on another ${name}`, async () => {
      const replayed = await signedIn(domainOf(here), domainOf(values));
      assert.throws(() => verifySignature(replayed), { code: 'KeyMismatch' });
    });
  }
});

describe('an equivocation', () => {
  it('shows a refused statement that its key signed', async () => {
    const { identity } = verifyEquivocation(await conflict(), domainOf(here));
    assert.deepEqual(identity, author);
  });

  it('of another digest is refused', async () => {
    const body = { ...(await conflict()), conflictingDigest: named('other digest') };
    assert.throws(() => verifyEquivocation(body, domainOf(here)), { code: 'DigestMismatch' });
  });

  it('that nobody signed is refused', async () => {
    const { conflicting, ...rest } = await conflict();
    const forged = conflicting.slice();
    forged[forged.length - 40]! ^= 1;
    assert.throws(() => verifyEquivocation({ ...rest, conflicting: forged }, domainOf(here)), {
      name: 'ProtocolError',
    });
  });
});

function reset(lane: number): StatementOf<'Reset'> {
  const header = {
    author,
    keyId,
    lane,
    boot: 0,
    sequence: 0n,
    previous: new Uint8Array(32),
    timeMs: 1n,
    notBeforeBlock: 0n,
    notBeforeHash: new Uint8Array(32),
  };
  return { kind: 'Reset', header, body: { subject: author, lane, boot: 1, lastKnown: named('head') } };
}

async function sign(statement: StatementOf<'Reset'>, domain: Domain): Promise<Uint8Array> {
  const signature = await account.signTypedData(typedData(statement, domain));
  return encodeSignature({ algorithm: 'secp256k1', rsv: fromHex(signature) });
}

async function signedIn(signedUnder: Domain, judgedUnder: Domain) {
  const statement = reset(0);
  const signature = await sign(statement, signedUnder);
  return { digest: digest(unsignedPart(statement), judgedUnder), signature, keyId };
}

async function conflict(): Promise<BodyOf<'Equivocation'>> {
  const domain = domainOf(here);
  const statement = reset(3);
  const part = unsignedPart(statement);
  return {
    subject: author,
    lane: 3,
    boot: 0,
    sequence: 0n,
    acceptedDigest: named('accepted'),
    conflictingDigest: digest(part, domain),
    conflicting: encodeAuthorPart({ ...part, signature: await sign(statement, domain) }),
  };
}
