import { readKeyFile, type HeldKey } from '../../edge/gateway/key-file.ts';
import { readNamedFile } from '../read-file.ts';
import { UsageError } from '../usage-error.ts';

/** The key of a file that the command line names. @throws UsageError when it cannot be read; SdkError `bad-key-file` */
export const heldKey = async (file: string): Promise<HeldKey> => {
  await readNamedFile(file);
  return readKeyFile(file);
};

/** `--start`, for files whose rows carry no time. @throws UsageError */
export const startOf = (text: string | undefined): { startMs?: number } => {
  if (text === undefined) return {};
  const startMs = Date.parse(text);
  if (Number.isNaN(startMs)) throw new UsageError(`--start ${text}: expected an ISO 8601 time`);
  return { startMs };
};
