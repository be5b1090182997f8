import { createHash } from 'node:crypto';
import type { AuditState } from '@gridseal/sdk/audit/audit';
import { writeDurableFile } from '@gridseal/sdk/node/durable-file';
import { readFile, rm } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';

/** Where an audit keeps how far it has come. */
export type StateFile = {
  /** The state of an earlier run on the same log, if there is one. */
  readonly read: () => Promise<AuditState | undefined>;
  readonly write: (state: AuditState) => Promise<void>;
  /** Forgets it: the audit is over. */
  readonly remove: () => Promise<void>;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const isOfThisVersion = (state: { readonly format: string }): state is AuditState =>
  state.format === 'gridseal-audit/2';

/** @param origin of the log; a state of another one is refused */
export const openStateFile = (path: string, origin: string): StateFile => ({
  read: async () => {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const [hash, body = ''] = text.split('\n');
    if (hash !== hashOf(body)) throw new UsageError(`${path} is damaged: remove it to begin again`);
    const state = JSON.parse(body) as Omit<AuditState, 'format'> & { readonly format: string };
    if (!isOfThisVersion(state))
      throw new UsageError(`${path} is of another version of this command: remove it to begin again`);
    if (state.origin !== origin)
      throw new UsageError(`${path} is of the log ${state.origin}, not of ${origin}`);
    return state;
  },
  write: async (state) => {
    const body = JSON.stringify(state);
    await writeDurableFile(path, `${hashOf(body)}\n${body}`);
  },
  remove: () => rm(path, { force: true }),
});
