import { setTimeout as sleep } from 'node:timers/promises';
import { INGEST_MEDIA_TYPE } from '@gridseal/protocol/payload/ingest-body';
import type { PreparedRequest } from './corpus.ts';
import { getJson } from './get-json.ts';
import { openConnection, type HttpConnection } from './http-connection.ts';

/** What became of a load. */
export type LoadTimes = {
  readonly seconds: number;
  /** From when a request was due, or else sent, to its acknowledgement read. */
  readonly ackMs: readonly number[];
  /** From the acknowledgement to a published checkpoint that covers the batch, of some requests. */
  readonly inclusionMs: readonly number[];
};

const LOOK_MS = 20;

/**
 * Sends requests over connections that stay open, each connection one request after the other.
 *
 * @param options.perSecond requests begun a second at most; without it each connection sends as fast as it is answered
 * @param options.probeEvery every so many requests, one is followed into the log
 * @throws Error when a batch is not accepted
 */
export const sendLoad = async (
  service: string,
  requests: readonly PreparedRequest[],
  options: { readonly connections: number; readonly perSecond?: number; readonly probeEvery: number },
): Promise<LoadTimes> => {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => openConnection(new URL(service))),
  );
  const ackMs: number[] = [];
  const probes: Promise<number>[] = [];
  const began = performance.now();
  let next = 0;

  const included = async (digest: string): Promise<number> => {
    const from = performance.now();
    for (;;) {
      const { sequenced } = (await getJson(`${service}/v1/receipts/${digest}`)) as { sequenced: unknown };
      if (sequenced !== null) return performance.now() - from;
      await sleep(LOOK_MS);
    }
  };
  const use = async ({ post }: HttpConnection): Promise<void> => {
    for (let at = next++; at < requests.length; at = next++) {
      const prepared = requests[at];
      if (prepared === undefined) return;
      const due = options.perSecond === undefined ? undefined : began + (1_000 * at) / options.perSecond;
      if (due !== undefined && due > performance.now()) await sleep(due - performance.now());
      // A request that had to wait for its connection waited for the service.
      const sent = due ?? performance.now();
      const answer = await post('/v1/batches', INGEST_MEDIA_TYPE, prepared.body);
      ackMs.push(performance.now() - sent);
      if (answer.includes('"refused"')) throw new Error(`a batch was refused: ${answer.slice(0, 400)}`);
      const [digest] = prepared.digests;
      if (digest !== undefined && at % options.probeEvery === 0) probes.push(included(digest));
    }
  };
  try {
    await Promise.all(connections.map(use));
    const seconds = (performance.now() - began) / 1_000;
    return { seconds, ackMs, inclusionMs: await Promise.all(probes) };
  } finally {
    for (const { close } of connections) close();
  }
};
