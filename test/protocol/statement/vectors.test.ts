import {
  decodeAuthorPart,
  decodeEntry,
  digest,
  domainOf,
  encodeAuthorPart,
  encodeEntry,
  fromHex,
  KINDS,
  kindOf,
  normaliseSignature,
  parseType,
  readBody,
  readStatement,
  receiptDigest,
  statementFromJson,
  statementToJson,
  verifyReceipt,
  verifySignature,
  type Domain,
} from '../../../protocol/src/index.ts';
import { hashLeaf } from '../../../protocol/src/merkle/hash.ts';
import assert from 'node:assert/strict';
import { runVectors } from '../vectors.ts';

runVectors('statement.json', {
  statement: ({ domain, statement }) => {
    const part = statementFromJson(statement);
    const authorPart = encodeAuthorPart(part);
    assert.deepEqual(statementToJson(decodeAuthorPart(authorPart)), statement);
    const { type, typeHash } = KINDS[kindOf(part.typeHash)!];
    return { type, typeHash, authorPart, digest: digest(part, domainFrom(domain)) };
  },
  'unknown kind': ({ domain, type, authorPart }) => {
    const part = decodeAuthorPart(fromHex(authorPart));
    assert.throws(() => readStatement(part), { code: 'UnknownKind' });
    return { digest: digest(part, domainFrom(domain)), body: readBody(part, type) };
  },
  'type string': ({ type }) => parseType(type),
  'author part': ({ authorPart }) => readStatement(decodeAuthorPart(fromHex(authorPart))),
});

runVectors('entry.json', {
  entry: ({ authorPart, operatorPart }) => {
    const part = fromHex(authorPart);
    const operator = {
      receiptTimeMs: BigInt(operatorPart.receiptTimeMs),
      payloadCid: fromHex(operatorPart.payloadCid),
      keyCommitment: fromHex(operatorPart.keyCommitment),
    };
    const entry = encodeEntry({ authorPart: part, operatorPart: operator });
    assert.deepEqual(decodeEntry(entry), { authorPart: decodeAuthorPart(part), operatorPart: operator });
    return { entry, leafHash: hashLeaf(entry) };
  },
  'decode entry': ({ entry }) => decodeEntry(fromHex(entry)),
});

runVectors('signature.json', {
  verify: ({ digest: signed, signature, keyId }) => {
    const { algorithm, identity } = verifySignature({
      digest: fromHex(signed),
      signature: fromHex(signature),
      keyId: fromHex(keyId),
    });
    return { algorithm, identity };
  },
  normalise: ({ signature }) => ({ signature: normaliseSignature(fromHex(signature)) }),
});

runVectors('receipt.json', {
  receipt: ({ domain, receipt, operator, signature }) => {
    const claim = {
      logId: fromHex(receipt.logId),
      digest: fromHex(receipt.digest),
      entryHash: fromHex(receipt.entryHash),
      receiptTimeMs: BigInt(receipt.receiptTimeMs),
      deadline: BigInt(receipt.deadline),
    };
    const log = domainFrom(domain);
    verifyReceipt({
      receipt: claim,
      signature: fromHex(signature),
      operator: fromHex(operator),
      domain: log,
    });
    return { digest: receiptDigest(claim, log) };
  },
});

function domainFrom(json: { chainId: string; evidenceLog: string; logId: string }): Domain {
  return domainOf({
    chainId: BigInt(json.chainId),
    evidenceLog: fromHex(json.evidenceLog),
    logId: fromHex(json.logId),
  });
}
