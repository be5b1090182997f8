import { TlogError, fromUtf8, parseCheckpoint, parseNote } from '@gridseal/protocol';
import { SdkError } from '@gridseal/sdk/errors';
import type { GridsealClient } from '@gridseal/sdk/http/client';
import { answered } from './refusal.ts';

/** Entries of the log as its newest checkpoint says; its signature is for `gridseal log checkpoint` to check. */
export const publishedSize = async (client: GridsealClient): Promise<bigint> => {
  const path = '/log/checkpoint';
  const response = await answered({ url: client.url }, client.request({ path, accept: '*/*' }));
  try {
    return parseCheckpoint(parseNote(fromUtf8(await response.bytes(), path)).text).size;
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause;
    throw new SdkError('unexpected-answer', `${client.url}${path} is no checkpoint: ${cause.message}`, {
      cause,
    });
  }
};
