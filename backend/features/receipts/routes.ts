import { z } from 'zod';
import { fromHex } from '@gridseal/protocol/bytes';
import { Problem } from '../../http/problem.ts';
import { defineRoute, type Route } from '../../http/route.ts';
import { stagedReceiptJson, stagedReceiptSchema } from './receipt-json.ts';
import type { Receipts } from './receipts.ts';

const digest = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hex digits');

/** `GET /v1/receipts/{digest}`. */
export const receiptRoutes = (receipts: Receipts): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/receipts/:digest',
    operationId: 'getReceipt',
    tag: 'receipts',
    summary: 'How far a statement has come: accepted, sequenced, cosigned, anchored, final',
    permission: 'anyone',
    rate: 'read',
    origins: 'any',
    request: { params: z.object({ digest }) },
    responses: {
      200: { description: 'The staged receipt', content: { 'application/json': stagedReceiptSchema } },
      404: { description: 'No statement with this digest was acknowledged' },
    },
    handler: async ({ params }) => {
      const staged = await receipts.find(fromHex(params.digest));
      if (staged === undefined)
        throw new Problem('not-found', { detail: 'no statement with this digest was acknowledged' });
      return { status: 200, json: stagedReceiptJson(staged), headers: { 'Cache-Control': 'no-cache' } };
    },
  }),
];
