import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hex } from '@gridseal/protocol';

import { createChainProbe } from '../../../backend/features/chain/health.ts';
import type { BlockRef } from '../../../backend/features/chain/types.ts';
import { createTestDirectory } from '../../setup/devices.ts';

const block = (number: bigint): BlockRef => ({ number, hash: `0x${'01'.repeat(32)}`, time: 0n });
const identities: readonly Hex[] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`];

describe('the chain part of /health', () => {
  const check = (
    parts: { readonly head?: bigint; readonly failures?: number; readonly takenBack?: readonly Hex[] } = {},
  ) => {
    const { head = 100n, failures = 0, takenBack = [] } = parts;
    const lastError = failures === 0 ? undefined : { at: new Date(0), message: 'no answer' };
    return createChainProbe({
      follower: { chainHead: () => block(head) },
      directory: { ...createTestDirectory(block(100n)), takenBack: () => new Set(takenBack) },
      poller: { state: () => ({ lastSuccess: undefined, consecutiveFailures: failures, lastError }) },
    }).check();
  };

  it('is well while the follower keeps up with a chain that answers', async () => {
    const figures = { headBlock: 100, lagBlocks: 8, consecutiveFailures: 0, identitiesTakenBack: 0 };
    assert.deepEqual(await check({ head: 108n }), { status: 'ok', figures });
    assert.equal((await check({ head: 109n })).status, 'degraded');
  });

  it('says why the chain cannot be followed', async () => {
    const { status, detail } = await check({ failures: 1, takenBack: identities });
    assert.deepEqual([status, detail], ['degraded', 'no answer']);
    assert.equal((await check({ failures: 5 })).status, 'failing');
  });

  it('names whom the chain has forgotten', async () => {
    const { status, detail, figures } = await check({ takenBack: identities });
    assert.deepEqual([status, figures?.identitiesTakenBack], ['degraded', 2]);
    assert.match(
      detail ?? '',
      new RegExp(`took back what it held of ${identities[0]} and 1 more after`, 'u'),
    );
    assert.doesNotMatch((await check({ takenBack: identities.slice(1) })).detail ?? '', /more/u);
  });
});
