// Writes test/vectors/{identity,statement,…}.json, or with --check compares them. The expected values come from viem,
// node:crypto and @ethereumjs/mpt (scripts/vector-cases/reference.ts, bundle/chain.ts), never from the code under test.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './paths.ts';
import { ethereumVectors } from './vector-cases/bundle/blocks.ts';
import { bundleVectors } from './vector-cases/bundle/bundles.ts';
import { canonical } from './vector-cases/bundle/canonical.ts';
import { bundles, trust } from './vector-cases/bundle/documents.ts';
import { trustVectors } from './vector-cases/bundle/trusts.ts';
import { verdictVectors } from './vector-cases/bundle/verdicts.ts';
import { checkpointVectors, cosignatureVectors, proofVectors } from './vector-cases/checkpoints.ts';
import { identityVectors } from './vector-cases/identity.ts';
import { noteVectors } from './vector-cases/notes.ts';
import { ingestVectors, payloadVectors } from './vector-cases/payloads.ts';
import { merkleVectors } from './vector-cases/merkle.ts';
import { readingsVectors } from './vector-cases/readings.ts';
import { registryCallVectors, registryVectors } from './vector-cases/registry.ts';
import { receiptVectors, signatureVectors } from './vector-cases/signatures.ts';
import { entryVectors, statementVectors } from './vector-cases/statements.ts';
import { tileVectors } from './vector-cases/tiles.ts';
import type { Vector } from './vector-cases/vector.ts';

const files: { readonly [file: string]: readonly Vector[] } = {
  'identity.json': identityVectors,
  'statement.json': statementVectors,
  'signature.json': signatureVectors,
  'registry.json': registryVectors,
  'registry-calls.json': registryCallVectors,
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
  'ethereum.json': ethereumVectors,
  'bundle.json': bundleVectors,
  'trust.json': trustVectors,
  'verdict.json': verdictVectors,
};

/** What the vectors of bundles start from. */
const documents: { readonly [file: string]: string } = {
  ...Object.fromEntries(
    Object.entries(bundles).map(([name, bundle]) => [`documents/${name}.bundle.json`, canonical(bundle)]),
  ),
  'documents/trust.json': `${JSON.stringify(trust, null, 2)}\n`,
};

const folder = join(root, 'test', 'vectors');
const texts = {
  ...documents,
  ...Object.fromEntries(
    Object.entries(files).map(([file, vectors]) => [file, `${JSON.stringify(vectors, null, 1)}\n`]),
  ),
};
await mkdir(join(folder, 'documents'), { recursive: true });
for (const [file, wanted] of Object.entries(texts)) {
  const path = join(folder, file);
  if (!process.argv.includes('--check')) {
    await writeFile(path, wanted);
  } else if ((await readFile(path, 'utf8')) !== wanted) {
    process.stderr.write(`test/vectors/${file} is out of date: run npm run generate\n`);
    process.exitCode = 1;
  }
}
