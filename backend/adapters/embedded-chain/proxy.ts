import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { z } from 'zod';
import { AnvilError, RpcError } from './anvil.ts';
import type { DurableNode } from './durable-node.ts';

/** Calls that change nothing. Everything not listed, and node administration above all, is refused. */
const READS: ReadonlySet<string> = new Set([
  'debug_getRawBlock',
  'debug_getRawHeader',
  'debug_getRawReceipts',
  'debug_getRawTransaction',
  'eth_accounts',
  'eth_blobBaseFee',
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_createAccessList',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getCode',
  'eth_getFilterChanges',
  'eth_getFilterLogs',
  'eth_getLogs',
  'eth_getProof',
  'eth_getStorageAt',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_newBlockFilter',
  'eth_newFilter',
  'eth_syncing',
  'eth_uninstallFilter',
  'net_listening',
  'net_version',
  'web3_clientVersion',
  'web3_sha3',
]);

const MAX_BODY_BYTES = 4_194_304;
const CODE = { parse: -32_700, invalid: -32_600, unknownMethod: -32_601, internal: -32_603 } as const;

const call = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});

type Answer = { readonly jsonrpc: '2.0'; readonly id: string | number | null } & (
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
);

const refuse = (id: Answer['id'], code: number, message: string): Answer => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});

const answerCall = async (node: DurableNode, request: unknown): Promise<Answer> => {
  const parsed = call.safeParse(request);
  if (!parsed.success) return refuse(null, CODE.invalid, 'not a JSON-RPC 2.0 call');
  const { id = null, method, params } = parsed.data;
  if (method !== 'eth_sendRawTransaction' && !READS.has(method))
    return refuse(id, CODE.unknownMethod, `the method ${method} is not available`);
  try {
    const result =
      method === 'eth_sendRawTransaction' ? await node.send(params[0]) : await node.read(method, params);
    return { jsonrpc: '2.0', id, result };
  } catch (error) {
    if (error instanceof RpcError) {
      const { code, message, data } = error;
      return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
    }
    const known = error instanceof AnvilError ? error.message : 'the local chain failed';
    return refuse(id, CODE.internal, known);
  }
};

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const answerBody = async (node: DurableNode, body: string): Promise<Answer | Answer[]> => {
  const parsed = parseJson(body);
  if (parsed === undefined) return refuse(null, CODE.parse, 'not JSON');
  const { value } = parsed;
  if (!Array.isArray(value)) return answerCall(node, value);
  return value.length === 0
    ? refuse(null, CODE.invalid, 'an empty batch')
    : Promise.all(value.map((request) => answerCall(node, request)));
};

const HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'content-type',
  'Access-Control-Allow-Methods': 'POST',
} as const;

const serve = async (
  node: DurableNode,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, HEADERS).end();
    return;
  }
  if (request.method !== 'POST') {
    response.writeHead(405, { Allow: 'POST' }).end();
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { Connection: 'close' }).end();
    return;
  }
  const answer = JSON.stringify(await answerBody(node, body));
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' }).end(answer);
};

/** The chain's JSON-RPC endpoint: reads, and signed transactions. Nothing else reaches the node. */
export const createRpcServer = (node: DurableNode): Server =>
  createServer((request, response) => {
    serve(node, request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
