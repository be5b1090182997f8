import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fromHex, toHex, type Hex } from '@gridseal/protocol/bytes';
import { verifyReceipt } from '@gridseal/protocol/statement/receipt';
import { receiptRoutes } from '../../../backend/features/receipts/routes.ts';
import { createReceipts } from '../../../backend/features/receipts/receipts.ts';
import type { AnchorStage } from '../../../backend/features/receipts/types.ts';
import type { Ingest } from '../../../backend/features/ingest/types.ts';
import type { Sequencer } from '../../../backend/features/sequencer/types.ts';
import type { CosignedCheckpoint } from '../../../backend/features/witness/types.ts';
import { createTestDevice, NO_HASH, testDomain } from '../../setup/devices.ts';
import { serveRoutes } from '../../setup/http.ts';
import {
  createTestIngest,
  createTestLog,
  createTestReader,
  startTestSequencer,
  type TestLog,
} from '../../setup/log-node.ts';
import { createTestDatabase, createTestFolder, type TestDatabase } from '../../setup/postgres.ts';

type Body = {
  stage: string;
  accepted: {
    logId: Hex;
    digest: Hex;
    entryHash: Hex;
    receiptTimeMs: string;
    deadline: string;
    signature: Hex;
  };
  sequenced: { index: string; checkpoint: string } | null;
  cosigned: { checkpoint: string } | null;
  anchored: { final: boolean; blockNumber: string } | null;
};

describe('a staged receipt', () => {
  let test: TestDatabase;
  let folder: { path: string; remove: () => Promise<void> };
  let log: TestLog;
  let ingest: Ingest;
  let url: string;
  let close: () => Promise<void>;
  let sequencer: Sequencer | undefined;
  const covers: { stage?: AnchorStage; cosigned?: CosignedCheckpoint } = {};

  before(async () => {
    test = await createTestDatabase();
    folder = await createTestFolder();
    log = await createTestLog();
    ingest = createTestIngest(log, test.database);
    const receipts = createReceipts({
      database: test.database,
      log: createTestReader(log, test.database),
      issue: log.issue,
      anchors: { coverOf: async () => covers.stage },
      cosignatures: { newest: async () => covers.cosigned },
      primitives: log.primitives,
    });
    ({ url, close } = await serveRoutes(receiptRoutes(receipts)));
  });
  after(async () => {
    await close();
    await sequencer?.stop();
    await ingest.close();
    await test.close();
    await folder.remove();
  });

  const receiptOf = async (digest: Uint8Array): Promise<Body> => {
    const response = await fetch(`${url}/v1/receipts/${toHex(digest)}`);
    assert.equal(response.status, 200);
    return (await response.json()) as Body;
  };

  it('tells each stage as it is reached, with the receipt of the first moment in all of them', async () => {
    const device = createTestDevice();
    log.directory.enrol(device.key);
    const batch = device.next();
    const [result] = await ingest.submit([batch]);
    assert.ok(result?.status === 'accepted');

    const accepted = await receiptOf(batch.digest);
    assert.equal(accepted.stage, 'accepted');
    assert.equal(accepted.accepted.signature, toHex(result.receipt.signature));
    const { logId, digest, entryHash, receiptTimeMs, deadline, signature } = accepted.accepted;
    verifyReceipt({
      receipt: {
        logId: fromHex(logId),
        digest: fromHex(digest),
        entryHash: fromHex(entryHash),
        receiptTimeMs: BigInt(receiptTimeMs),
        deadline: BigInt(deadline),
      },
      signature: fromHex(signature),
      operator: fromHex(log.operator.address),
      domain: testDomain,
    });

    sequencer = await startTestSequencer(log, test.database, folder.path);
    await sequencer.drained();
    const sequenced = await receiptOf(batch.digest);
    assert.equal(sequenced.stage, 'sequenced');
    assert.match(sequenced.sequenced!.checkpoint, /^log\.test\//);
    assert.deepEqual(sequenced.accepted, accepted.accepted);

    covers.cosigned = { size: 99n, root: NO_HASH, checkpoint: 'with cosignatures' };
    const cosigned = await receiptOf(batch.digest);
    assert.equal(cosigned.stage, 'cosigned');
    assert.deepEqual(cosigned.cosigned, { checkpoint: 'with cosignatures' });
    covers.cosigned = { ...covers.cosigned, size: 0n };
    assert.equal((await receiptOf(batch.digest)).stage, 'sequenced');

    const hash: Hex = `0x${'ab'.repeat(32)}`;
    covers.stage = {
      size: 99n,
      root: hash,
      transactionHash: hash,
      blockNumber: 7n,
      blockHash: hash,
      blockTime: 1n,
      final: false,
    };
    assert.equal((await receiptOf(batch.digest)).stage, 'anchored');
    covers.stage = { ...covers.stage, final: true };
    const final = await receiptOf(batch.digest);
    assert.equal(final.stage, 'final');
    assert.equal(final.anchored!.blockNumber, '7');
    assert.deepEqual(final.accepted, accepted.accepted);
  });

  it('does not exist for a statement that was never acknowledged', async () => {
    assert.equal((await fetch(`${url}/v1/receipts/${toHex(NO_HASH)}`)).status, 404);
    assert.equal((await fetch(`${url}/v1/receipts/0xAB`)).status, 400);
  });
});
