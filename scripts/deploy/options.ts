import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isHex, size, type Hex } from 'viem';

/** What a deployment is told. */
export type DeployOptions = {
  readonly rpcUrl: string;
  /** Private key of the account that pays, 32 bytes. */
  readonly key: Hex;
  /** Where the record goes; `deployments/<chainId>.json` where not given. */
  readonly out: string | undefined;
  /** Blocks above a block before the chain does not take it back. */
  readonly finalityDepth: bigint;
};

export const USAGE = `usage: npm run deploy -- --rpc URL --key-file FILE [--finality-depth BLOCKS] [--out FILE]

  --rpc URL                 JSON-RPC of the chain (http or https)
  --key-file FILE           private key of the account that pays, 0x and 64 hex digits
  --finality-depth BLOCKS   blocks above a block before it counts as final (default 64)
  --out FILE                where the deployment is recorded (default deployments/<chainId>.json)
`;

/** Options that cannot be used; the message lists every problem. */
export class DeployUsageError extends Error {
  override readonly name = 'DeployUsageError';
}

/** @throws DeployUsageError with every problem at once */
export const readDeployOptions = async (args: readonly string[]): Promise<DeployOptions> => {
  const { rpc, 'key-file': keyFile, 'finality-depth': depth, out } = parse(args);
  const problems: string[] = [];
  const scheme = rpc === undefined ? undefined : URL.parse(rpc)?.protocol;
  if (scheme !== 'http:' && scheme !== 'https:') problems.push('--rpc must be an http or https URL');
  if (!/^(0|[1-9]\d{0,5})$/u.test(depth)) problems.push('--finality-depth must be a number of blocks');
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  if (key === undefined)
    problems.push('--key-file must name a readable file that holds 0x and 64 hex digits');
  if (rpc === undefined || key === undefined || problems.length > 0)
    throw new DeployUsageError(problems.join('\n'));
  return { rpcUrl: rpc, key, out, finalityDepth: BigInt(depth) };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rpc: { type: 'string' },
        'key-file': { type: 'string' },
        'finality-depth': { type: 'string', default: '64' },
        out: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new DeployUsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
};

const readKey = async (file: string): Promise<Hex | undefined> => {
  const text = await readFile(file, 'utf8').then(
    (found) => found.trim(),
    () => '',
  );
  return isHex(text) && size(text) === 32 ? text : undefined;
};
