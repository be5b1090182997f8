import { z } from 'zod';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import { NOTE_ALGORITHM, parseVerifierKey } from '@gridseal/protocol/tlog/note';
import type { ConfigProblem } from './errors.ts';
import { integer } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

/** C2SP witnesses, and how many of them must cosign a checkpoint before it is anchored. */
export type WitnessConfig = {
  readonly witnesses: readonly { readonly key: string; readonly url: string }[];
  readonly quorum: number;
};

const EXAMPLE_WITNESS = 'witness.example/w1+aa4a09d1+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs';

const isCosignatureKey = (text: string): boolean => {
  try {
    return parseVerifierKey(text).algorithm === NOTE_ALGORITHM.cosignature;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
};

/** Pairs of a C2SP cosignature key and the URL prefix that checkpoints are sent below. */
const witnesses = () =>
  z.string().transform((text, context) => {
    const seen = new Set<string>();
    return text.split(',').map((pair) => {
      const [key = '', prefix = '', ...rest] = pair.trim().split(/\s+/u);
      const found = URL.parse(prefix);
      const isUrl = found !== null && ['http:', 'https:'].includes(found.protocol) && found.search === '';
      if (rest.length > 0 || !isUrl || !isCosignatureKey(key))
        context.addIssue('must be pairs "<C2SP cosignature key> <http or https URL>", separated by commas');
      // What follows the key hash is the public key, whatever the name.
      const publicKey = key.split('+').slice(2).join('+');
      if (seen.has(publicKey)) context.addIssue(`names a witness twice, who would count for two: ${key}`);
      seen.add(publicKey);
      return { key, url: prefix.replace(/\/+$/u, '') };
    });
  });

export const WITNESS_VARIABLES = {
  WITNESSES: {
    schema: witnesses().default([]),
    example: `${EXAMPLE_WITNESS} https://witness.example`,
    meaning: 'C2SP witnesses that cosign checkpoints: "<cosignature key> <URL prefix>", separated by commas',
    secret: true,
  },
  WITNESS_QUORUM: {
    schema: integer(0, 100).optional(),
    example: '0',
    meaning: 'how many witnesses must have cosigned a checkpoint before it is anchored',
  },
} satisfies Variables;

type Values = ValuesOf<typeof WITNESS_VARIABLES>;

export const arrangeWitness = (v: Values): WitnessConfig => ({
  witnesses: v.WITNESSES,
  quorum: v.WITNESS_QUORUM ?? Math.min(1, v.WITNESSES.length),
});

/** A quorum of more witnesses than there are would keep every checkpoint from being anchored. */
export const unreachableQuorum = ({
  WITNESS_QUORUM: quorum = 0,
  WITNESSES: all = [],
}: Partial<Values>): readonly ConfigProblem[] =>
  quorum <= all.length
    ? []
    : [
        {
          variable: 'WITNESS_QUORUM',
          problem: `is more than the ${all.length} witnesses that WITNESSES names`,
          example: WITNESS_VARIABLES.WITNESS_QUORUM.example,
        },
      ];
