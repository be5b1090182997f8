import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { ConfigError, type ConfigProblem } from './errors.ts';

/** A file that a variable names. */
export type NamedFile = {
  readonly variable: string;
  readonly path: string;
  readonly example: string;
  readonly what: 'key file' | 'file';
};

/** A new key in place of one whose disk is not mounted would be another signer, and a second one after the next mistake. */
const REMEDY = {
  'key file':
    'put it there; a key that is named is never made, and (printf 0x; openssl rand -hex 32) > FILE makes one',
  file: 'put it there',
} as const;

const problemOf = async ({ variable, path, example, what }: NamedFile): Promise<readonly ConfigProblem[]> => {
  try {
    await access(path, constants.R_OK);
    return [];
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const problem = isMissing
      ? `names ${path}, which is not there: ${REMEDY[what]}`
      : `names ${path}, which this user may not read`;
    return [{ variable, problem, example }];
  }
};

/**
 * Makes sure that every file which a variable names is there and can be read.
 *
 * @throws ConfigError with all that are not
 */
export const requireNamedFiles = async (files: readonly NamedFile[]): Promise<void> => {
  const problems = (await Promise.all(files.map(problemOf))).flat();
  if (problems.length > 0) throw new ConfigError(problems);
};
