import { resolve } from 'node:path';
import { z } from 'zod';
import type { ConfigProblem } from './errors.ts';
import { path } from './parsers.ts';
import { type Environment, type ValuesOf, type Variables, isSet } from './variable.ts';

export type KeysConfig = {
  readonly source: 'random' | 'development';
  readonly operatorFile: string;
  readonly anchorFile: string;
  readonly relayFile: string;
  readonly ownerFile: string;
  readonly noteFile: string;
  readonly periodFolder: string;
  readonly apiTokenFile: string;
};

export const KEY_VARIABLES = {
  KEYS: {
    schema: z.enum(['random', 'development'], 'must be random or development').default('random'),
    example: 'random',
    meaning:
      'random: each key is made once, in DATA_DIR/keys; development: public keys, for chain 31337 only',
  },
  OPERATOR_KEY_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/operator.key',
    names: 'key file',
    meaning: 'key that signs receipts and operator statements',
  },
  ANCHOR_KEY_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/anchor.key',
    names: 'key file',
    meaning: 'key that pays for anchors',
  },
  RELAY_KEY_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/relay.key',
    names: 'key file',
    meaning: 'key that pays for registry calls of admitted owners',
  },
  OWNER_KEY_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/owner.key',
    names: 'key file',
    meaning: 'cold key that creates the log and names submitters',
  },
  NOTE_KEY_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/note.key',
    names: 'key file',
    meaning: 'key that signs checkpoints',
  },
  PERIOD_KEY_DIR: {
    schema: path().optional(),
    example: '/etc/gridseal/period-keys',
    meaning: 'folder of the keys that wrap payload keys',
  },
  API_TOKEN_FILE: {
    schema: path().optional(),
    example: '/etc/gridseal/api.token',
    names: 'key file',
    meaning: 'bearer token of the operator routes; processes behind one balancer need the same',
  },
} satisfies Variables;

export const arrangeKeys = (v: ValuesOf<typeof KEY_VARIABLES>, dataDir: string): KeysConfig => {
  const keyFile = (name: string, given: string | undefined) => given ?? resolve(dataDir, 'keys', name);
  return {
    source: v.KEYS,
    operatorFile: keyFile('operator.key', v.OPERATOR_KEY_FILE),
    anchorFile: keyFile('anchor.key', v.ANCHOR_KEY_FILE),
    relayFile: keyFile('relay.key', v.RELAY_KEY_FILE),
    ownerFile: keyFile('owner.key', v.OWNER_KEY_FILE),
    noteFile: keyFile('note.key', v.NOTE_KEY_FILE),
    periodFolder: v.PERIOD_KEY_DIR ?? resolve(dataDir, 'keys', 'periods'),
    apiTokenFile: keyFile('api.token', v.API_TOKEN_FILE),
  };
};

/** Key files beside keys that come from no file: one of the two is a mistake. */
export const keyConflicts = (env: Environment): readonly ConfigProblem[] =>
  env.KEYS !== 'development'
    ? []
    : Object.entries<Variables[string]>(KEY_VARIABLES).flatMap(([variable, { names, example }]) =>
        names === undefined || !isSet(env, variable)
          ? []
          : [{ variable, problem: 'is not read with KEYS=development, whose keys are public', example }],
      );
