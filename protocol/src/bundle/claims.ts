import { equal, toHex } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';
import { verifyEquivocation } from '../statement/equivocation.ts';
import { readStatement } from '../statement/types.ts';
import type { ReadStatement } from './statement-layers.ts';
import type { Finding } from './verdict.ts';

/** What a statement says of others, and whether its bundle shows it. */
export type Claims = {
  /** Whether the statement says anything of others. */
  readonly required: boolean;
  readonly finding: Finding;
};

const unshown = (detail: string): Claims => ({ required: true, finding: { status: 'not checked', detail } });

const NONE: Claims = {
  required: false,
  finding: { status: 'not checked', detail: 'the statement says nothing of others' },
};

/**
 * Judges what a statement says of others, as far as one bundle can show it: the operator's word alone is not evidence
 * against a device.
 *
 * @throws ProtocolError what `verifyEquivocation` throws, when a contradiction was not signed by the key that it names
 */
export function judgeClaims({ part, kind, domain }: ReadStatement, primitives: Primitives): Claims {
  if (kind === undefined) return NONE;
  const statement = readStatement(part, primitives);
  switch (statement.kind) {
    case 'TelemetryBatch':
    case 'TypeDeclaration':
      return NONE;
    case 'Equivocation': {
      const { body } = statement;
      const signed = verifyEquivocation(body, domain, primitives);
      const accepted = `that the log holds ${toHex(body.acceptedDigest)} in its place, only the whole log shows`;
      return equal(signed.identity, body.subject)
        ? unshown(`${toHex(body.subject)} signed the contradicting statement; ${accepted}`)
        : unshown(
            `key ${toHex(signed.keyId)} signed the contradicting statement; that it speaks for ${toHex(body.subject)} only the registry shows, and ${accepted}`,
          );
    }
    case 'Gap': {
      const { subject, firstSequence, lastSequence } = statement.body;
      return unshown(
        `that numbers ${firstSequence} to ${lastSequence} of ${toHex(subject)} are absent is the operator's word; only the whole log shows it`,
      );
    }
    case 'Reset':
      return unshown(
        `that ${toHex(statement.header.author)} owns ${toHex(statement.body.subject)}, only the registry shows`,
      );
    case 'RegistryEvent':
      return unshown(
        `that the registry changed ${toHex(statement.body.identity)} in block ${statement.body.blockNumber}, only the chain shows`,
      );
    case 'Erasure':
      return unshown(
        `that ${toHex(statement.body.erased)} is a batch of the log, only the whole log shows; that its key is gone, nobody can show`,
      );
  }
}
