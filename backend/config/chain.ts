import { z } from 'zod';
import type { ConfigProblem } from './errors.ts';
import { type PortChoice, integer, port, portChoice, url } from './parsers.ts';
import { type Environment, type ValuesOf, type Variables, isSet } from './variable.ts';

export type ChainConfig =
  | { readonly kind: 'embedded'; readonly port: PortChoice }
  | {
      readonly kind: 'external';
      readonly url: string;
      readonly deploy: 'never' | 'contracts';
      /** Blocks above a block before it counts as final; the deployment's record where not given. */
      readonly finalityDepth: bigint | undefined;
    };

export const CHAIN_VARIABLES = {
  RPC_URL: {
    schema: url('http:', 'https:').optional(),
    example: 'http://127.0.0.1:8545',
    meaning: 'any EVM JSON-RPC in place of the embedded chain',
    secret: true,
  },
  RPC_PORT: { schema: port().optional(), example: '8545', meaning: 'port of the embedded chain' },
  DEPLOY: {
    schema: z.enum(['never', 'contracts'], 'must be never or contracts').optional(),
    example: 'contracts',
    meaning: 'contracts: deploy the contracts and create the log on the chain of RPC_URL',
  },
  FINALITY_DEPTH: {
    schema: integer(0, 100_000).optional(),
    example: '64',
    meaning: "blocks above a block of RPC_URL's chain before it counts as final",
  },
} satisfies Variables;

export const arrangeChain = (v: ValuesOf<typeof CHAIN_VARIABLES>): ChainConfig =>
  v.RPC_URL === undefined
    ? { kind: 'embedded', port: portChoice(v.RPC_PORT, 8545) }
    : {
        kind: 'external',
        url: v.RPC_URL,
        deploy: v.DEPLOY ?? 'never',
        finalityDepth: v.FINALITY_DEPTH === undefined ? undefined : BigInt(v.FINALITY_DEPTH),
      };

/** Settings of one of the two chains, given with the other. */
export const chainConflicts = (env: Environment): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const reject = (variable: keyof typeof CHAIN_VARIABLES, problem: string) =>
    problems.push({ variable, problem, example: CHAIN_VARIABLES[variable].example });
  const external = isSet(env, 'RPC_URL');
  if (external && isSet(env, 'RPC_PORT'))
    reject('RPC_PORT', 'is the port of the embedded chain and cannot be set together with RPC_URL');
  if (!external && isSet(env, 'FINALITY_DEPTH'))
    reject(
      'FINALITY_DEPTH',
      'is for an external chain and needs RPC_URL; blocks of the embedded chain are final',
    );
  if (!external && isSet(env, 'DEPLOY'))
    reject('DEPLOY', 'is for an external chain and needs RPC_URL; the embedded chain always deploys');
  return problems;
};
