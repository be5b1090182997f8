import { decodeEntryBundle, fromUtf8, tilePath } from '@gridseal/protocol';
import { CID } from 'multiformats/cid';
import { z } from 'zod';
import { SdkError, ServiceError } from '../errors.ts';
import { readBody, readJson, type GridsealClient } from '../http/client.ts';
import type { AuditSource } from './source.ts';

const segmentsSchema = z.object({ segments: z.array(z.object({ from: z.string(), to: z.string() })) });
const PAGE = 1_000;

/**
 * Reads a log as a service shows it to everyone: C2SP files below `/log/`, payload blocks from its IPFS gateway.
 *
 * @param anchors from a chain, which the service does not control
 * @example const source = createHttpSource(client, async () => anchors)
 */
export const createHttpSource = (client: GridsealClient, anchors: AuditSource['anchors']): AuditSource => {
  const bytesAt = async (path: string): Promise<Uint8Array> =>
    readBody(await client.request({ path, accept: '*/*' }));
  /** What a service does not have, or cannot read of its own, is a finding and not the end of the audit. */
  const unlessMissing = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await bytesAt(path);
    } catch (error) {
      if (error instanceof ServiceError && [404, 410, 500].includes(error.problem.status)) return undefined;
      throw error;
    }
  };
  return {
    anchors,
    checkpoint: async () => fromUtf8(await bytesAt('/log/checkpoint'), 'checkpoint'),
    entries: async (index, width) => {
      const path = tilePath({ level: 'entries', index, width });
      const entries = decodeEntryBundle(await bytesAt(`/log/${path}`));
      if (entries.length === width) return entries;
      throw new SdkError('unexpected-answer', `${path} holds ${entries.length} entries instead of ${width}`);
    },
    tile: async (level, index, width) =>
      (await unlessMissing(`/log/${tilePath({ level, index, width })}`)) ?? new Uint8Array(0),
    payloadsBelow: async () => {
      let below = 0n;
      for (;;) {
        const query = { from: String(below), limit: PAGE };
        const { segments } = await readJson(
          await client.request({ path: '/v1/segments', query }),
          segmentsSchema,
        );
        const next = segments.reduce((end, { from, to }) => (BigInt(from) <= end ? BigInt(to) : end), below);
        if (next <= below) return below;
        below = next;
      }
    },
    payload: (cid) => unlessMissing(`/ipfs/${CID.decode(cid).toString()}?format=raw`),
  };
};
