import { concat, fromHex } from '@gridseal/protocol/bytes';
import { hashLeaf } from '@gridseal/protocol/merkle/hash';
import type { Primitives } from '@gridseal/protocol/primitives';
import { encodeAuthorPart, encodeEntry } from '@gridseal/protocol/statement/codec';
import { digest as digestOf, type Domain } from '@gridseal/protocol/statement/digest';
import { ALGORITHMS } from '@gridseal/protocol/statement/signature';
import { unsignedPart, type BodyOf, type KindName } from '@gridseal/protocol/statement/types';
import type { OperatorSigner } from '../ingest/types.ts';

/** The head of the operator's own author chain: the next sequence and the digest before it. */
export type OperatorChain = { readonly sequence: bigint; readonly previous: Uint8Array };

/** A statement of the operator, ready to enter the log. */
export type AuthoredEntry = {
  readonly digest: Uint8Array;
  readonly sequence: bigint;
  readonly bytes: Uint8Array;
  readonly leaf: Uint8Array;
};

/** Writes the operator's statements of one transaction, one after another. */
export type OperatorAuthor = {
  readonly state: <Name extends KindName>(kind: Name, body: BodyOf<Name>) => AuthoredEntry;
  readonly chain: () => OperatorChain;
  readonly entries: () => readonly AuthoredEntry[];
};

const NOTHING = new Uint8Array(0);
const NO_HASH = new Uint8Array(32);

/** The operator's key identifier: its address, padded. */
const keyIdOfAddress = (address: Uint8Array): Uint8Array => concat(new Uint8Array(12), address);

/**
 * Creates the author of one transaction. The operator's chain has lane 0 and the log's epoch as boot: an epoch that starts
 * again below a published size begins a chain of its own and contradicts nothing.
 */
export const createOperatorAuthor = (options: {
  readonly domain: Domain;
  readonly signer: OperatorSigner;
  readonly epoch: bigint;
  readonly chain: OperatorChain;
  readonly nowMs: number;
  readonly primitives: Primitives;
}): OperatorAuthor => {
  const { domain, signer, epoch, nowMs, primitives } = options;
  const author = fromHex(signer.address, 'operator', 20);
  const entries: AuthoredEntry[] = [];
  let { sequence, previous } = options.chain;

  return {
    state: (kind, body) => {
      const header = {
        author,
        keyId: keyIdOfAddress(author),
        lane: 0,
        boot: Number(epoch),
        sequence,
        previous,
        timeMs: BigInt(nowMs),
        notBeforeBlock: 0n,
        notBeforeHash: NO_HASH,
      };
      const part = unsignedPart({ kind, header, body }, primitives);
      const digest = digestOf(part, domain, primitives);
      const signature = concat(Uint8Array.of(ALGORITHMS.secp256k1), signer.sign(digest));
      const operatorPart = { receiptTimeMs: BigInt(nowMs), payloadCid: NOTHING, keyCommitment: NOTHING };
      const bytes = encodeEntry({ authorPart: encodeAuthorPart({ ...part, signature }), operatorPart });
      const entry = { digest, sequence, bytes, leaf: hashLeaf(bytes, primitives) };
      entries.push(entry);
      sequence += 1n;
      previous = digest;
      return entry;
    },
    chain: () => ({ sequence, previous }),
    entries: () => entries,
  };
};
