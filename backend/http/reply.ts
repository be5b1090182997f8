import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Reply } from './route.ts';

const decimalBigints = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

/** Writes JSON with every bigint as a decimal string. A replacer is called for every value, so only bigints bring it in. */
export const toJson = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, decimalBigints);
  }
};

/** Sends a handler's answer. A stream that fails half-way ends the connection, never the answer. */
export const sendReply = async (res: Response, reply: Reply): Promise<void> => {
  res.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value);
  if ('empty' in reply) {
    res.end();
    return;
  }
  if ('json' in reply) {
    res.setHeader('Content-Type', 'application/json; charset=utf-8');
    res.end(toJson(reply.json));
    return;
  }
  res.setHeader('Content-Type', reply.mediaType);
  const { content } = reply;
  if (typeof content === 'string' || content instanceof Uint8Array) {
    res.setHeader('Content-Length', Buffer.byteLength(content));
    res.end(content);
    return;
  }
  // Of an answer to HEAD nothing is sent, so nothing is worked out.
  if (res.req.method === 'HEAD') {
    res.end();
    return;
  }
  await pipeline(Readable.from(content), res);
};
