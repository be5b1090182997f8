import { toHex } from '../bytes.ts';
import { parseVerifierKey } from '../tlog/note.ts';
import type { Trust } from './trust.ts';

/** The chain of development: everybody has its keys. */
const DEVELOPMENT_CHAIN = '31337';

/** Addresses whose keys are public: the development operator (deployments/31337.json), and Hardhat's and Anvil's first accounts. */
const PUBLIC_OPERATORS: readonly string[] = [
  '0x9cdcdb0772a47772d5fd6575af4a310337b4829c',
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  '0x90f79bf6eb2c4f870365e785982e1f101e93b906',
  '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65',
  '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
  '0x976ea74026e726554db657fa54763abd0c3a0aa9',
  '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
  '0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f',
  '0xa0ee7a142d267c1f36714e4a8f75612f20a79720',
];
/** The note key of development, whatever the name it signs under. */
const PUBLIC_NOTE_KEY = '0x559e7b7d35d1cf1234b3a65cc4aa45d088f00232b94502ae7ca0a5515f8b204b';

/**
 * Why what a trust vouches for proves nothing about the real world: its chain or its keys are those of development, which
 * everybody has. Undefined when none of them is known to be.
 *
 * @example developmentOf(trust) // 'chain 31337 runs on public development keys'
 */
export function developmentOf({ chainId, logs }: Pick<Trust, 'chainId' | 'logs'>): string | undefined {
  if (chainId === DEVELOPMENT_CHAIN) return `chain ${DEVELOPMENT_CHAIN} runs on public development keys`;
  const operator = logs.find((log) => PUBLIC_OPERATORS.includes(log.operator))?.operator;
  if (operator !== undefined) return `the key of the operator ${operator} is a public development key`;
  const isPublic = logs.some(({ noteKeys }) =>
    noteKeys.some(({ key }) => toHex(parseVerifierKey(key).publicKey) === PUBLIC_NOTE_KEY),
  );
  return isPublic ? "the log's note key is a public development key" : undefined;
}
