import { equal, toHex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { portable, type Primitives } from '../primitives.ts';
import { decodeAuthorPart } from './codec.ts';
import { digest, type Domain } from './digest.ts';
import { verifySignature, type Signed } from './signature.ts';
import type { BodyOf } from './types.ts';

/**
 * Checks that an equivocation shows what it says: its key signed the statement, and that one either has the conflicting
 * digest or is the successor that names it as `previous`. That the rules of the kind hold (same place in the chain, another digest than the accepted one) was checked when the
 * statement was read; that the key speaks for the subject is for the registry to say.
 *
 * @returns whose key signed the contradicting statement
 * @throws ProtocolError `DigestMismatch`; what `decodeAuthorPart` and `verifySignature` throw
 * @example if (statement.kind === 'Equivocation') verifyEquivocation(statement.body, domain);
 */
export function verifyEquivocation(
  body: BodyOf<'Equivocation'>,
  domain: Domain,
  primitives: Primitives = portable,
): Signed {
  const contradicting = decodeAuthorPart(body.conflicting);
  const actual = digest(contradicting, domain, primitives);
  const { signature, header } = contradicting;
  const claimed = header.sequence === body.sequence ? actual : header.previous;
  if (!equal(claimed, body.conflictingDigest)) {
    throw new ProtocolError('DigestMismatch', 'body.conflictingDigest', {
      expected: toHex(body.conflictingDigest),
      actual: toHex(claimed),
    });
  }
  return verifySignature({ digest: actual, signature, keyId: header.keyId }, primitives);
}
