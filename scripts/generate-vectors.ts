// Writes test/vectors/{identity,statement,…}.json, or with --check compares them. The expected values come from viem and
// node:crypto (scripts/vector-cases/reference.ts), never from the code under test.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './paths.ts';
import { checkpointVectors, cosignatureVectors, proofVectors } from './vector-cases/checkpoints.ts';
import { identityVectors } from './vector-cases/identity.ts';
import { noteVectors } from './vector-cases/notes.ts';
import { ingestVectors, payloadVectors } from './vector-cases/payloads.ts';
import { merkleVectors } from './vector-cases/merkle.ts';
import { readingsVectors } from './vector-cases/readings.ts';
import { receiptVectors, signatureVectors } from './vector-cases/signatures.ts';
import { entryVectors, statementVectors } from './vector-cases/statements.ts';
import { tileVectors } from './vector-cases/tiles.ts';
import type { Vector } from './vector-cases/vector.ts';

const files: { readonly [file: string]: readonly Vector[] } = {
  'identity.json': identityVectors,
  'statement.json': statementVectors,
  'signature.json': signatureVectors,
  'receipt.json': receiptVectors,
  'entry.json': entryVectors,
  'readings.json': readingsVectors,
  'payload.json': payloadVectors,
  'ingest-body.json': ingestVectors,
  'merkle.json': merkleVectors,
  'tiles.json': tileVectors,
  'note.json': noteVectors,
  'checkpoint.json': checkpointVectors,
  'cosignature.json': cosignatureVectors,
  'proof.json': proofVectors,
};

const folder = join(root, 'test', 'vectors');
await mkdir(folder, { recursive: true });
for (const [file, vectors] of Object.entries(files)) {
  const path = join(folder, file);
  const wanted = `${JSON.stringify(vectors, null, 1)}\n`;
  if (!process.argv.includes('--check')) {
    await writeFile(path, wanted);
  } else if ((await readFile(path, 'utf8')) !== wanted) {
    process.stderr.write(`test/vectors/${file} is out of date: run npm run generate\n`);
    process.exitCode = 1;
  }
}
