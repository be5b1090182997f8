import { DatabaseError } from '../../../backend/adapters/postgres/errors.ts';
import { Killed } from './injector.ts';

/** Whether an error is one of those that faults are made of; anything else is a defect. */
export const isForced = (error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Killed || cause instanceof DatabaseError) return true;
    if (cause.message.includes('forced')) return true;
  }
  return false;
};
