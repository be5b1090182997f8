import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TlogError } from '@gridseal/protocol/tlog/errors';
import { parseTilePath, TILE_WIDTH, type Tile } from '@gridseal/protocol/tlog/tile';
import { Problem } from '../../http/problem.ts';
import { defineRoute, type Reply, type Route } from '../../http/route.ts';
import { LogError } from './errors.ts';
import type { Cosignatures } from '../witness/types.ts';
import type { LogReader } from './types.ts';

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
/** What a size covers never changes, so a tile may be kept for good. */
const FOREVER = 'public, max-age=31536000, immutable';
/** A checkpoint is out of date as soon as the next one is signed. */
const MOMENT = 'no-cache';

/**
 * The log as static C2SP files (tlog-tiles), below `/log/`.
 *
 * @param verifierKey C2SP text of the key that signs checkpoints
 * @param cosignatures that the newest checkpoint is served with once it has them
 */
export const logRoutes = (
  log: LogReader,
  verifierKey: string,
  cosignatures: Pick<Cosignatures, 'newest'>,
): Route[] => {
  const common = {
    method: 'get',
    tag: 'log',
    permission: 'anyone',
    rate: 'unlimited',
    origins: 'any',
  } as const;
  return [
    defineRoute({
      ...common,
      path: '/log/checkpoint',
      operationId: 'getCheckpoint',
      summary: 'The newest signed checkpoint (C2SP tlog-checkpoint)',
      request: {},
      responses: {
        200: { description: 'A signed note', content: { [TEXT]: 'text' } },
        304: { description: 'The checkpoint has not changed' },
      },
      handler: async ({ headers }) => {
        const head = await log.head();
        if (head === undefined) throw new Problem('not-found', { detail: 'the log has no checkpoint yet' });
        const cosigned = await cosignatures.newest();
        return conditional(headers['if-none-match'], {
          mediaType: TEXT,
          content: cosigned?.size === head.size ? cosigned.checkpoint : head.checkpoint,
          cache: MOMENT,
        });
      },
    }),
    defineRoute({
      ...common,
      path: '/log/key',
      operationId: 'getVerifierKey',
      summary: 'The key that checkpoints verify under (C2SP signed-note verifier key)',
      request: {},
      responses: {
        200: { description: 'A verifier key', content: { [TEXT]: 'text' } },
        304: { description: 'The key has not changed' },
      },
      handler: ({ headers }) =>
        conditional(headers['if-none-match'], {
          mediaType: TEXT,
          content: `${verifierKey}\n`,
          cache: MOMENT,
        }),
    }),
    defineRoute({
      ...common,
      path: '/log/tile/*path',
      operationId: 'getTile',
      summary: 'A tile of hashes, or a bundle of entries (C2SP tlog-tiles)',
      description:
        '`tile/<L>/<N>[.p/<W>]` holds W × 32 bytes of hashes; `tile/entries/<N>[.p/<W>]` holds W entries, each after its length as a 16-bit integer.',
      request: { params: z.object({ path: z.array(z.string()) }) },
      responses: {
        200: { description: 'Hashes or entries', content: { [BYTES]: 'bytes' } },
        304: { description: 'The tile has not changed' },
        404: { description: 'The published log has no such tile' },
      },
      handler: async ({ params, headers }) => {
        const tile = parseTile(`tile/${params.path.join('/')}`);
        const content = await readTile(log, tile);
        return conditional(headers['if-none-match'], { mediaType: BYTES, content, cache: FOREVER });
      },
    }),
  ];
};

const parseTile = (path: string): Tile => {
  try {
    return parseTilePath(path);
  } catch (cause) {
    if (cause instanceof TlogError)
      throw new Problem('not-found', { detail: 'not the path of a tile', cause });
    throw cause;
  }
};

const readTile = async (log: LogReader, { level, index, width }: Tile): Promise<Uint8Array> => {
  try {
    return await (level === 'entries' ? log.bundle(index, width) : log.tile(level, index, width));
  } catch (cause) {
    if (!(cause instanceof LogError)) throw cause;
    const detail =
      width === TILE_WIDTH ? 'the log has no such full tile yet' : 'the log has no such tile yet';
    throw new Problem('not-found', { detail, cause });
  }
};

/** An answer with its ETag, or 304 when the asker has it. */
const conditional = (
  ifNoneMatch: string | undefined,
  { mediaType, content, cache }: { mediaType: string; content: string | Uint8Array; cache: string },
): Reply => {
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  const headers = { ETag: etag, 'Cache-Control': cache };
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) return { status: 304, headers, empty: true };
  return { status: 200, headers, mediaType, content };
};
