import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { INGEST_MEDIA_TYPE } from '@gridseal/protocol/payload/ingest-body';
import type { PreparedRequest } from './corpus.ts';
import { getJson } from './get-json.ts';

/** What became of a load. */
export type LoadTimes = {
  readonly seconds: number;
  /** From when a request was due, or else sent, to its acknowledgement read. */
  readonly ackMs: readonly number[];
  /** From the acknowledgement to a published checkpoint that covers the batch, of some requests. */
  readonly inclusionMs: readonly number[];
};

const LOOK_MS = 20;

const post = (agent: Agent, url: URL, body: Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': INGEST_MEDIA_TYPE, 'Content-Length': body.length };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`the service answered ${response.statusCode ?? 0}: ${text.slice(0, 300)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });

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
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections + 2 });
  const url = new URL('/v1/batches', service);
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
  const connection = async (): Promise<void> => {
    for (let at = next++; at < requests.length; at = next++) {
      const prepared = requests[at];
      if (prepared === undefined) return;
      const due = options.perSecond === undefined ? undefined : began + (1_000 * at) / options.perSecond;
      if (due !== undefined && due > performance.now()) await sleep(due - performance.now());
      // A request that had to wait for its connection waited for the service.
      const sent = due ?? performance.now();
      const answer = await post(agent, url, prepared.body);
      ackMs.push(performance.now() - sent);
      if (answer.includes('"refused"')) throw new Error(`a batch was refused: ${answer.slice(0, 400)}`);
      const [digest] = prepared.digests;
      if (digest !== undefined && at % options.probeEvery === 0) probes.push(included(digest));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.connections }, connection));
    const seconds = (performance.now() - began) / 1_000;
    return { seconds, ackMs, inclusionMs: await Promise.all(probes) };
  } finally {
    agent.destroy();
  }
};
