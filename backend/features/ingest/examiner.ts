import { setImmediate } from 'node:timers/promises';
import type { Primitives } from '@gridseal/protocol/primitives';
import { examine } from './examination.ts';
import type { Checked, SealedPayload } from './candidate.ts';
import type { Examiner } from './ingest.ts';

/** Statements examined before others get their turn: a few milliseconds. */
const TURN = 32;

/** An examiner on the calling thread, which lets other work in between. */
export const createInlineExaminer =
  (primitives: Primitives): Examiner =>
  async (statements, wrapping) => {
    const checked: Checked<SealedPayload | undefined>[] = [];
    for (const [i, statement] of statements.entries()) {
      if (i > 0 && i % TURN === 0) await setImmediate();
      checked.push(examine(statement, wrapping, primitives));
    }
    return checked;
  };
