import { Problem, type ProblemMapper } from '../../http/problem.ts';
import { DatabaseError } from './errors.ts';

/**
 * A database that cannot be reached, or asks to try again, is for the client to retry; so is a commit of which nobody knows:
 * every route may be asked twice.
 */
export const toDatabaseProblem: ProblemMapper = (error) =>
  error instanceof DatabaseError && (error.retryable || error.code === 'outcome-unknown')
    ? new Problem('unavailable', { cause: error, retryAfterSeconds: 1 })
    : undefined;
