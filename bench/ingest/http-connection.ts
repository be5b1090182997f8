import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that stays open for one POST after the other. */
export type HttpConnection = {
  /** @returns the body of the answer. @throws Error unless the status is 200 */
  readonly post: (path: string, mediaType: string, body: Uint8Array) => Promise<string>;
  readonly close: () => void;
};

type Waiting = { readonly resolve: (text: string) => void; readonly reject: (error: Error) => void };

const END_OF_HEAD = '\r\n\r\n';
const STATUS = /^HTTP\/1\.1 (\d{3})/u;
const LENGTH = /\r\ncontent-length: (\d+)/iu;

/**
 * Opens a connection. A load generator shares its cores with what it measures, and `node:http` costs it several times what this
 * does: as much of HTTP/1.1 as one answer of known length at a time needs.
 *
 * @throws the network's error
 */
export const openConnection = async ({ hostname, port }: URL): Promise<HttpConnection> => {
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  let waiting: Waiting | undefined;
  let parts: Buffer[] = [];
  let held = 0;
  /** Of the whole answer, once its head is there. */
  let expected = Number.POSITIVE_INFINITY;
  let bodyAt = 0;

  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
    socket.destroy();
  };
  const readHead = (): void => {
    const text = Buffer.concat(parts).toString('latin1');
    const end = text.indexOf(END_OF_HEAD);
    if (end === -1) return;
    bodyAt = end + END_OF_HEAD.length;
    const length = LENGTH.exec(text.slice(0, end))?.[1];
    if (length === undefined) fail(new Error(`an answer without a length: ${text.slice(0, end)}`));
    else expected = bodyAt + Number(length);
  };
  socket.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    held += chunk.length;
    if (expected === Number.POSITIVE_INFINITY) readHead();
    if (held < expected) return;
    const answer = Buffer.concat(parts);
    [parts, held, expected] = [[], 0, Number.POSITIVE_INFINITY];
    const status = STATUS.exec(answer.toString('latin1', 0, bodyAt))?.[1];
    const text = answer.toString('utf8', bodyAt);
    if (status !== '200') {
      fail(new Error(`the service answered ${status ?? 'what is no HTTP'}: ${text.slice(0, 300)}`));
      return;
    }
    waiting?.resolve(text);
    waiting = undefined;
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the service closed the connection')));

  return {
    post: (path, mediaType, body) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(new Error('the connection is closed'));
          return;
        }
        waiting = { resolve, reject };
        const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: ${mediaType}\r\nContent-Length: ${body.length}\r\n\r\n`;
        socket.cork();
        socket.write(head, 'latin1');
        socket.write(body);
        socket.uncork();
      }),
    close: () => {
      socket.destroy();
    },
  };
};
