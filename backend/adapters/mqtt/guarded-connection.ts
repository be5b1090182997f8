import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Types of MQTT packets (MQTT 3.1.1, 2.2.1). */
const CONNECT = 1;
const PUBLISH = 3;
/** What any packet but a message may have: identifier, user, password, topics. */
const CONTROL_BYTES = 4_096;
/** Topic and packet identifier beside the payload. */
const TOPIC_BYTES = 1_024;

/** Bytes of messages that are under way together, on all connections. */
export type MessageBudget = {
  readonly take: (bytes: number) => boolean;
  readonly give: (bytes: number) => void;
};

/** Creates a budget. @param total bytes */
export const createMessageBudget = (total: number): MessageBudget => {
  let left = total;
  return {
    take: (bytes) => {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give: (bytes) => {
      left += bytes;
    },
  };
};

/** Why a connection is closed before what it sends is read. */
export class RefusedPacketError extends Error {
  override readonly name = 'RefusedPacketError';
  readonly code: 'packet-too-large' | 'too-much-under-way' | 'connect-expected' | 'malformed-length';
  constructor(code: RefusedPacketError['code']) {
    super(code);
    this.code = code;
  }
}

/**
 * A connection whose packets are measured by their fixed headers, as they come: one that announces more than it may have
 * ends the connection there, before any of it is kept. The first packet is a CONNECT.
 *
 * @param maxMessageBytes payload of a message
 */
export const guardConnection = (
  socket: Socket,
  { maxMessageBytes, budget }: { readonly maxMessageBytes: number; readonly budget: MessageBudget },
): Duplex => {
  let type: number | undefined;
  let isConnected = false;
  let length = 0;
  let shift = 0;
  /** Bytes of the packet that are still to come; `undefined` within a header. */
  let rest: number | undefined;
  let reserved = 0;

  const begin = (): void => {
    if (!isConnected && type !== CONNECT) throw new RefusedPacketError('connect-expected');
    isConnected = true;
    if (length > (type === PUBLISH ? maxMessageBytes + TOPIC_BYTES : CONTROL_BYTES))
      throw new RefusedPacketError('packet-too-large');
    if (!budget.take(length)) throw new RefusedPacketError('too-much-under-way');
    reserved = length;
    rest = length;
  };
  const end = (): void => {
    budget.give(reserved);
    [reserved, type, rest, length, shift] = [0, undefined, undefined, 0, 0];
  };
  const measure = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length;) {
      if (rest !== undefined) {
        const taken = Math.min(rest, chunk.length - at);
        at += taken;
        rest -= taken;
      } else {
        const byte = chunk[at++] ?? 0;
        if (type === undefined) {
          type = byte >> 4;
          continue;
        }
        if (shift > 21) throw new RefusedPacketError('malformed-length');
        length += (byte & 0x7f) << shift;
        shift += 7;
        if ((byte & 0x80) !== 0) continue;
        begin();
      }
      if (rest === 0) end();
    }
  };

  const connection = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Uint8Array, _encoding, done) => {
      socket.write(chunk, done);
    },
    final: (done) => {
      socket.end(done);
    },
    destroy: (error, done) => {
      budget.give(reserved);
      reserved = 0;
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      measure(chunk);
    } catch (error) {
      connection.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (!connection.push(chunk)) socket.pause();
  });
  socket.once('end', () => connection.push(null));
  socket.once('error', (error) => connection.destroy(error));
  socket.once('close', () => connection.destroy());
  return connection;
};
