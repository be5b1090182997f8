import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { toHex } from '../../protocol/src/index.ts';
import { findChromium, runInChromium } from '../setup/browser/chromium.ts';
import { run, type JudgeTask, type Judgement } from '../setup/browser/judge.ts';
import { bundleOf, trustOf, type Change } from '../setup/vector-documents.ts';

// protocol/ as a browser runs it: its own files, types stripped, the verifier's vectors judged as in Node.

type Vector = {
  readonly name: string;
  readonly input: Change & {
    readonly bundle: string;
    readonly trustPatch?: Change['patch'];
    readonly options?: JudgeTask['cases'][number]['options'];
  };
  readonly expected?: Extract<Judgement, { holds: boolean }>;
  readonly wantErr?: Extract<Judgement, { code: string }>;
};

const chromium = findChromium();
const vectorsOf = (file: string): readonly Vector[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')) as Vector[];

const changeOf = (patch: Change['patch']): Change => (patch === undefined ? {} : { patch });
const caseOf = ({ input }: Vector): JudgeTask['cases'][number] => {
  const { bundle, trustPatch, options, ...change } = input;
  return {
    bundle: toHex(bundleOf(bundle, change)),
    trust: new TextDecoder().decode(trustOf(changeOf(trustPatch))),
    ...(options === undefined ? {} : { options }),
  };
};

/** Repeated bytes make a task of many megabytes; Node judges those. */
const isShort = ({ input }: Vector): boolean => input.splice?.times === undefined;

describe('a bundle in Chromium', () => {
  const verdicts = vectorsOf('verdict.json');
  const bundles = vectorsOf('bundle.json').filter(isShort);
  const task: JudgeTask = { cases: [...verdicts, ...bundles].map(caseOf) };
  let judgements: readonly Judgement[] = [];

  if ('missing' in chromium) {
    // A suite that is skipped whole counts as nothing.
    it('is judged as in Node', { skip: chromium.missing });
    return;
  }

  before(async () => {
    judgements = (await runInChromium(
      chromium.path,
      'test/setup/browser/judge.ts',
      task,
    )) as readonly Judgement[];
  });

  it('is judged as in Node, all of them', () => {
    assert.deepEqual(judgements, run(task));
  });

  verdicts.forEach(({ name, expected }, i) => {
    it(`has the verdict it has in Node: ${name}`, () => {
      assert.deepEqual(judgements[i], expected);
    });
  });

  bundles.forEach(({ name, wantErr }, i) => {
    it(`is one or is refused as in Node: ${name}`, () => {
      const judgement = judgements[verdicts.length + i];
      assert.ok(judgement !== undefined);
      if (wantErr !== undefined) assert.deepEqual(judgement, wantErr);
      else assert.ok('holds' in judgement);
    });
  });
});
