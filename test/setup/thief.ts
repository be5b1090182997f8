import { readFile } from 'node:fs/promises';
import {
  consistencyPath,
  hashNode,
  parseCheckpoint,
  parseNote,
  rootOf,
  tilePath,
  toHex,
  widthAt,
  type Hex,
  type Node,
  type Trust,
} from '@gridseal/protocol';
import { createGridsealClient, getTrust } from '@gridseal/sdk';
import { evidenceLogAbi } from '@gridseal/sdk/abi/evidence-log';
import { createPublicClient, createWalletClient, http, zeroHash, type Hash } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { forgedBeyond } from './tree.ts';

/** Somebody who has the anchor key of a service, and reads of its log what everybody can. */
export type Thief = {
  /** Anchors a log that begins with all that is published, and of which the rest is made up. @returns the transaction */
  readonly anchor: (size: bigint | 'one more') => Promise<Hash>;
};

/** @param keyFile of the service's anchor key */
export const createThief = async (service: {
  readonly url: string;
  readonly rpcUrl: string;
  readonly keyFile: string;
}): Promise<Thief> => {
  const key = (await readFile(service.keyFile, 'utf8')).trim() as Hex;
  const account = privateKeyToAccount(key);
  const transport = http(service.rpcUrl);
  const node = createPublicClient({ transport, pollingInterval: 50 });
  const wallet = createWalletClient({ account, transport });
  const trust: Trust = await getTrust(createGridsealClient({ url: service.url }));
  const { logId } = trust.logs[0]!;
  const contract = { address: trust.evidenceLog.address, abi: evidenceLogAbi } as const;

  return {
    anchor: async (asked) => {
      const { size: published, read } = await readLog(service.url);
      const size = asked === 'one more' ? published + 1n : asked;
      const forged = forgedBeyond(published, read);
      const head = await node.readContract({ ...contract, functionName: 'head', args: [logId] });
      const isFirst = head.size === 0n;
      const proof = isFirst ? [] : consistencyPath(head.size, size, forged).map((hash) => toHex(hash));
      const previous = isFirst ? zeroHash : toHex(rootOf(head.size, forged));
      const root = toHex(rootOf(size, forged));
      const hash = await wallet.writeContract({
        ...contract,
        chain: null,
        functionName: 'anchor',
        args: [logId, size, root, previous, proof, `0x${'66'.repeat(32)}`],
      });
      const { status } = await node.waitForTransactionReceipt({ hash });
      if (status !== 'success') throw new Error(`the theft failed: ${hash}`);
      return hash;
    },
  };
};

/** The nodes of a published log, from its lowest tiles. */
const readLog = async (url: string): Promise<{ size: bigint; read: (node: Node) => Uint8Array }> => {
  const { size } = parseCheckpoint(parseNote(await (await fetch(`${url}/log/checkpoint`)).text()).text);
  const leaves: Uint8Array[] = [];
  for (let index = 0n; BigInt(leaves.length) < size; index += 1n) {
    const path = tilePath({ level: 0, index, width: widthAt(0, index, size) });
    const tile = new Uint8Array(await (await fetch(`${url}/log/${path}`)).arrayBuffer());
    for (let at = 0; at < tile.length; at += 32) leaves.push(tile.slice(at, at + 32));
  }
  const read = ({ level, index }: Node): Uint8Array =>
    level === 0
      ? leaves[Number(index)]!
      : hashNode(
          read({ level: level - 1, index: 2n * index }),
          read({ level: level - 1, index: 2n * index + 1n }),
        );
  return { size, read };
};
