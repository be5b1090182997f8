import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  cosign,
  equal,
  formatNote,
  formatVerifierKey,
  isByKey,
  NOTE_ALGORITHM,
  noteSignerFrom,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  TLOG_SIZE_TYPE,
  TlogError,
  verifyConsistency,
  MerkleError,
  verifyNoteSignature,
  type AddCheckpoint,
  type Checkpoint,
  type VerifierKey,
} from '@gridseal/protocol';

type Answer = { readonly status: number; readonly type?: string; readonly text: string };

/** A C2SP witness of one log, over HTTP. It keeps its state in memory: one that forgets is a fault to test. */
export type TestWitness = {
  readonly url: string;
  readonly key: VerifierKey;
  /** What WITNESSES takes. */
  readonly setting: string;
  readonly standing: () => Checkpoint | undefined;
  /** From now on answers as told, or as a witness does again. */
  readonly answer: (instead: Answer | undefined) => void;
  readonly requests: () => number;
  readonly close: () => Promise<void>;
};

/**
 * Starts a witness.
 *
 * @param log key that checkpoints must be signed by, asked for at each request
 */
export const startWitness = async (options: {
  readonly name: string;
  readonly log: () => VerifierKey;
}): Promise<TestWitness> => {
  const signer = noteSignerFrom(options.name, NOTE_ALGORITHM.cosignature, seedOf(options.name));
  let standing: Checkpoint | undefined;
  let instead: Answer | undefined;
  let requests = 0;

  const judge = ({ oldSize, path, checkpoint: text }: AddCheckpoint): Answer => {
    const log = options.log();
    const note = parseNote(text);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== log.name) return { status: 404, text: 'unknown origin\n' };
    if (!note.signatures.some((line) => isByKey(line, log) && verifyNoteSignature(note.text, line, log)))
      return { status: 403, text: 'not signed by the log\n' };
    if (oldSize > checkpoint.size) return { status: 400, text: 'old size beyond the checkpoint\n' };
    const stood = standing?.size ?? 0n;
    if (oldSize !== stood) return { status: 409, type: TLOG_SIZE_TYPE, text: `${stood}\n` };
    if (standing !== undefined && stood === checkpoint.size && !equal(standing.root, checkpoint.root))
      return { status: 409, text: 'another root\n' };
    if (standing !== undefined && stood > 0n)
      verifyConsistency({
        size1: stood,
        root1: standing.root,
        size2: checkpoint.size,
        root2: checkpoint.root,
        path: [...path],
      });
    standing = checkpoint;
    const line = cosign(note.text, BigInt(Math.floor(Date.now() / 1000)), signer);
    return {
      status: 200,
      text: formatNote({ text: note.text, signatures: [line] }).slice(note.text.length + 1),
    };
  };

  const server = createServer((request, response) => {
    void (async () => {
      requests += 1;
      const answer = instead ?? (await judged(request, judge));
      response.writeHead(answer.status, { 'Content-Type': answer.type ?? 'text/plain' }).end(answer.text);
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    key: signer.verifierKey,
    setting: `${formatVerifierKey(signer.verifierKey)} ${url}`,
    standing: () => standing,
    answer: (given) => {
      instead = given;
    },
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
};

const seedOf = (name: string): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => name.charCodeAt(i % name.length));

const judged = async (request: IncomingMessage, judge: (asked: AddCheckpoint) => Answer): Promise<Answer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method !== 'POST' || request.url !== '/add-checkpoint') return { status: 404, text: '' };
  try {
    return judge(parseAddCheckpoint(Buffer.concat(chunks).toString('utf8')));
  } catch (error) {
    if (error instanceof TlogError) return { status: 400, text: `${error.message}\n` };
    if (error instanceof MerkleError) return { status: 422, text: `${error.message}\n` };
    throw error;
  }
};
