import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Who PostgreSQL runs as. It refuses root, so root lends it an unprivileged account; anybody else
 * runs it as themselves (`identity` undefined).
 */
export type Account = { readonly identity: { readonly uid: number; readonly gid: number } | undefined };

/** Thrown when root finds no unprivileged account to run PostgreSQL as. */
export class AccountMissingError extends Error {
  readonly code = 'account-missing';
  readonly looked: readonly string[];
  constructor(looked: readonly string[]) {
    super(
      `PostgreSQL cannot run as root and none of the users ${looked.join(', ')} exists: create one, or set DATABASE_URL`,
    );
    this.name = 'AccountMissingError';
    this.looked = looked;
  }
}

const UNPRIVILEGED = ['gridseal', 'postgres', 'nobody'] as const;

/** The account PostgreSQL can run as on this machine. */
export const chooseAccount = async (): Promise<Account> => {
  if (process.getuid?.() !== 0) return { identity: undefined };
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of UNPRIVILEGED) {
    const [, , uid, gid] = lines.find((fields) => fields[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined && uid !== '0')
      return { identity: { uid: Number(uid), gid: Number(gid) } };
  }
  throw new AccountMissingError(UNPRIVILEGED);
};

/** Whether the account can enter every folder on the way to a path that exists. */
export const canReach = async (account: Account, path: string): Promise<boolean> => {
  const { identity } = account;
  if (identity === undefined) return true;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === identity.uid ? 0o100 : gid === identity.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};
