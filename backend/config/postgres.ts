import { z } from 'zod';
import { integer, url } from './parsers.ts';
import type { ValuesOf, Variables } from './variable.ts';

export type DatabaseConfig =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'external';
      readonly url: string;
      /** `synchronous`: a server whose commits wait for no standby is refused, also when it takes over later. */
      readonly replication: 'any' | 'synchronous';
    };

export const POSTGRES_VARIABLES = {
  DATABASE_URL: {
    schema: url('postgres:', 'postgresql:').optional(),
    example: 'postgres://gridseal:secret@db.example:5432/gridseal',
    meaning: 'a PostgreSQL of yours in place of the embedded one',
    secret: true,
  },
  DATABASE_REPLICATION: {
    schema: z.enum(['any', 'synchronous'], 'must be any or synchronous').default('any'),
    example: 'synchronous',
    meaning: 'synchronous: refuse a database whose commits do not wait for a standby (docs/guide/scale.md)',
  },
  DATABASE_POOL_SIZE: {
    schema: integer(4, 1_000).default(16),
    example: '16',
    meaning: 'connections to the database',
  },
} satisfies Variables;

export const arrangeDatabase = (v: ValuesOf<typeof POSTGRES_VARIABLES>): DatabaseConfig =>
  v.DATABASE_URL === undefined
    ? { kind: 'embedded' }
    : { kind: 'external', url: v.DATABASE_URL, replication: v.DATABASE_REPLICATION };
