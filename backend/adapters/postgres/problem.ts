import { Problem, type ProblemMapper } from '../../http/problem.ts';
import { DatabaseError } from './errors.ts';

/** A database that cannot be reached, or asks to try again, is for the client to retry. */
export const toDatabaseProblem: ProblemMapper = (error) =>
  error instanceof DatabaseError && error.retryable
    ? new Problem('unavailable', { cause: error, retryAfterSeconds: 1 })
    : undefined;
