import type { Primitives } from '@gridseal/protocol/primitives';
import type { Logger } from '../../adapters/logger/logger.ts';
import { WitnessError } from './errors.ts';
import { submitCheckpoint } from './submit.ts';
import type { Witness } from './types.ts';

/**
 * The sizes that witnesses cosigned last, by asking them about the empty log: a witness that knows more answers with its
 * size. One that does not answer is passed over and said so.
 *
 * @param empty the signed checkpoint of size 0
 */
export const readStandings = async (
  witnesses: readonly Witness[],
  empty: string,
  options: { readonly timeoutMs: number; readonly primitives: Primitives; readonly logger: Logger },
): Promise<readonly { readonly size: bigint }[]> => {
  const standing = async (witness: Witness): Promise<readonly { readonly size: bigint }[]> => {
    try {
      const answer = await submitCheckpoint(witness, { oldSize: 0n, path: [], checkpoint: empty }, options);
      return answer.status === 'conflict' ? [{ size: answer.size }] : [];
    } catch (error) {
      if (!(error instanceof WitnessError)) throw error;
      options.logger.warn(
        { err: error, witness: witness.key.name },
        'a witness could not be asked how far it has seen this log',
      );
      return [];
    }
  };
  return (await Promise.all(witnesses.map(standing))).flat();
};
