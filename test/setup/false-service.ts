import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeAuthorPart, decodeIngestBody, digest as digestOf, toHex, type Hex } from '@gridseal/protocol';
import { testDomain } from './devices.ts';
import { receiptOf, testTrust } from './operator.ts';

/** Answers a submission of batches with these digests. */
export type AnswerBatches = (digests: readonly Hex[], response: ServerResponse) => void | Promise<void>;

/** Whatever stands where a service should: it hands out trust and says to batches what a test wants to hear. */
export type FalseService = {
  readonly url: string;
  /** Digests of every submission, in the order they came. */
  readonly asked: Hex[][];
  answer: AnswerBatches;
  readonly close: () => Promise<void>;
};

/** Answers with a status and a JSON document. */
export const answerJson = (response: ServerResponse, json: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
};

/** What an honest service answers. */
export const acceptAll: AnswerBatches = (digests, response) => {
  const results = digests.map((digest) => ({ status: 'accepted', digest, receipt: receiptOf(digest) }));
  answerJson(response, { results });
};

/** What a service answers that refuses each batch. */
export const refuseAll =
  (code: string, retryable = false): AnswerBatches =>
  (digests, response) => {
    const results = digests.map((digest) => ({
      status: 'refused',
      digest,
      code,
      field: 'header',
      message: 'is not taken',
      retryable,
    }));
    answerJson(response, { results });
  };

/** Starts one on a free port; it accepts until a test says otherwise. */
export const startFalseService = async (): Promise<FalseService> => {
  const asked: Hex[][] = [];
  const server = createServer((request, response) => {
    if (request.url === '/v1/trust') {
      answerJson(response, testTrust);
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const items = decodeIngestBody(new Uint8Array(Buffer.concat(parts)));
      const digests = items.map(({ authorPart }) =>
        toHex(digestOf(decodeAuthorPart(authorPart), testDomain)),
      );
      asked.push(digests);
      void service.answer(digests, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service: FalseService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: acceptAll,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return service;
};
