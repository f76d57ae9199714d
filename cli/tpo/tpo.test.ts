import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/recipe/presets';
import { sftStep } from '../../src/tpo/testing/records';
import { parseTpoOptions, recipeOf } from './options';
import { drySampleText, evaluationText, iterationText, progressText } from './progress-text';
import { writeAdapter } from './results';

const folder = mkdtempSync(join(tmpdir(), 'tpo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const recipe = (args: string[], fromFile: unknown = null, sets = {}) =>
  recipeOf(parseTpoOptions(['--out', folder, ...args]), PRESETS.quick, fromFile, sets);

describe('the command line', () => {
  it('defaults to the demo', () => {
    expect(parseTpoOptions(['--out', 'there'])).toMatchObject({
      out: resolve('there'),
      resume: false,
      preset: null,
      modelFolder: null,
      modelFile: null,
    });
    expect(recipe([])).toEqual(PRESETS.quick);
  });

  it('converts every value to its type', () => {
    const args = [
      '--judge',
      'onnx',
      '--iterations',
      '2',
      '--prompts-per-iteration',
      '5',
      '--k',
      '4',
      '--seed',
      '7',
      '--model',
      'mine',
    ];
    expect(recipe(args)).toEqual({
      ...PRESETS.quick,
      judge: 'onnx',
      iterations: 2,
      promptsPerIteration: 5,
      k: 4,
      seed: 7,
      model: 'mine',
    });
    const set = [
      '--set',
      'arms=thinking',
      '--set',
      'rsLora=true',
      '--set',
      'learningRate=2e-4',
      '--set',
      'thoughtMarker=a=b',
    ];
    expect(recipe(set)).toMatchObject({ arms: ['thinking'], rsLora: true, learningRate: 2e-4, thoughtMarker: 'a=b' });
  });

  it('applies preset, recipe file, prompt files, options and --set in this order', () => {
    const file = { k: 3, rank: 4, prompts: 'of-the-file' };
    expect(recipe(['--k', '4', '--set', 'k=5'], file, { prompts: 'imported' })).toMatchObject({
      k: 5,
      rank: 4,
      prompts: 'imported',
    });
    expect(recipe([], file).k).toBe(3);
  });

  it('uses a folder as a model of that name', () => {
    const options = parseTpoOptions(['--out', folder, '--model', folder]);
    expect(options.modelFolder).toBe(folder);
    expect(recipe(['--model', folder]).model).toBe(basename(folder));
  });

  it('refuses unknown options and values by name', () => {
    expect(() => parseTpoOptions([])).toThrow('--out DIR is missing');
    expect(() => parseTpoOptions(['--out', 'x', '--lanes', '3'])).toThrow('--lanes');
    expect(() => parseTpoOptions(['--out', 'x', '--set', 'k'])).toThrow('name=value');
    expect(() => parseTpoOptions(['--out', 'x', '--preset', 'slow'])).toThrow('no preset "slow"');
    expect(() => recipe(['--set', 'colour=red'])).toThrow('colour');
    expect(() => recipe(['--k', '1'])).toThrow('k: ');
    expect(() => recipe(['--k', 'many'])).toThrow('k: ');
    expect(() => recipe(['--judge', 'nobody'])).toThrow('judge: ');
    expect(() => recipe([], { colour: 'red' })).toThrow('colour');
    expect(() => recipe([], 'text')).toThrow('JSON object');
  });
});

describe('the judge', () => {
  it('can be any judge that needs no person', () => {
    const evaluated = ['--set', 'evaluationJudge=rule'];
    expect(recipe(['--judge', 'panel', '--set', 'panel=rule:1,onnx:0.5', ...evaluated])).toMatchObject({
      judge: 'panel',
      panel: 'rule:1,onnx:0.5',
      evaluationJudge: 'rule',
    });
    expect(() => recipe(['--judge', 'human'])).toThrow('another judge of the evaluation');
    expect(() => recipe(['--judge', 'human', ...evaluated])).toThrow('votes in the page');
    expect(() => recipe(['--judge', 'panel', '--set', 'panel=rule,human', ...evaluated])).toThrow('votes in the page');
  });

  it('takes its key from the environment only', () => {
    const name = 'TPO_TEST_KEY';
    const options = () => parseTpoOptions(['--out', folder, '--judge-key-env', name]);
    expect(options).toThrow(`--judge-key-env names ${name}`);
    process.env[name] = ' secret ';
    try {
      expect(options().judgeKey).toBe('secret');
      expect(JSON.stringify(options().values)).not.toContain('secret');
    } finally {
      delete process.env[name];
    }
    expect(parseTpoOptions(['--out', folder]).judgeKey).toBeNull();
  });
});

it('formats the progress of a run', () => {
  const progress = {
    phase: 'generate',
    iteration: 1,
    iterations: 3,
    arm: 'thinking',
    done: 12,
    total: 32,
    counts: 'prompts',
    tokensPerSecond: 830.4,
    secondsLeft: 100,
  } as const;
  expect(progressText(progress)).toBe('iteration 1/3 · thinking · generate 12/32 prompts · 830 tokens/s · 2 min left');
  expect(
    progressText({
      ...progress,
      phase: 'load',
      iteration: 0,
      arm: null,
      counts: 'tensors',
      tokensPerSecond: null,
      secondsLeft: null,
    }),
  ).toBe('before training · load 12/32 tensors');
});

it('formats the results', () => {
  const evaluation = {
    iteration: 1,
    arm: 'thinking',
    prompts: 300,
    samples: 600,
    accuracy: 0.6125,
    accuracyInterval: [0.572, 0.651],
    meanScore: null,
    meanScoreInterval: null,
    malformed: 0.018,
    thoughtTokens: 20.2,
    responseTokens: 6.4,
    byCategory: {},
    judge: 'rule',
    winRates: [],
    seconds: 3,
  } as const;
  expect(evaluationText(evaluation)).toBe(
    'M1 thinking: 61.3% right (57.2% to 65.1%) on 300 prompts, 1.8% malformed, 20 tokens of thought and 6 of response',
  );
  const winRate = {
    against: 'seed',
    rate: 0.58,
    interval: [0.51, 0.646],
    lengthControlled: null,
    lengthControlledInterval: null,
    prompts: 300,
    byCategory: {},
  } as const;
  expect(
    evaluationText({ ...evaluation, winRates: [winRate, { ...winRate, against: 'direct', interval: null }] }),
  ).toContain(
    ' right (57.2% to 65.1%), beats the seed model in 58.0% (51.0% to 64.6%), beats the direct arm in 58.0% on 300',
  );
  const part = { ...winRate, prompts: 280 };
  expect(
    evaluationText({
      ...evaluation,
      checkable: 120,
      winRates: [part],
      unparsed: { count: 9, of: 590 },
      thoughtTokens: null,
      responseTokens: null,
    }),
  ).toBe(
    'M1 thinking: 61.3% right (57.2% to 65.1%) of 120 prompts, beats the seed model in 58.0% ' +
      '(51.0% to 64.6%) of 280 prompts on 300 prompts, 1.8% malformed, no verdict on 9 of 590',
  );
  expect(evaluationText({ ...evaluation, accuracy: null })).toMatch(/^M1 thinking: 300 prompts, 1\.8% malformed/);
  const iteration = {
    iteration: 2,
    arm: 'direct',
    prompts: 32,
    candidates: 256,
    malformed: 3,
    pairs: 30,
    noPair: { 'all-equal': 2 },
    tokens: { prefill: 1, decoded: 1, trained: 1 },
    seconds: { generate: 10, judge: 1, reference: 1, train: 3, evaluate: 9 },
  } as const;
  expect(iterationText(iteration, null)).toBe(
    'iteration 2 direct: 30 pairs of 32 prompts (256 candidates), nothing to train on, 15 s',
  );
  const facts = {
    judge: 'tiny-judge',
    positionBias: null,
    lengthBias: null,
    agreement: null,
    unparsed: { count: 0, of: 0 },
  };
  const controls = { empty: { failed: 1, of: 4 }, identical: { failed: 2, of: 4 } };
  expect(iterationText({ ...iteration, judge: { ...facts, controls } }, null)).toMatch(
    /; tiny-judge failed 3 of 8 control rows$/,
  );
  expect(iterationText({ ...iteration, judge: { ...facts, controls: {}, silentControls: 24 } }, null)).toMatch(
    /; tiny-judge came to no verdict on 24 control rows$/,
  );
  expect(
    iterationText({ ...iteration, iteration: 0, arm: 'thinking', pairs: 0, samples: 41 }, sftStep({ step: 12 })),
  ).toBe('warm-up thinking: 41 well-formed samples of 32 prompts (256 candidates), loss 1.2000 after 12 steps, 15 s');
});

it('formats a dry sample as one line, and its advice as options', () => {
  const found = {
    arm: 'thinking',
    limit: 512,
    completions: [],
    malformed: 5,
    meanTokens: 211.6,
    tokensPerSecond: 85.2,
    finding: '5 of 8 malformed: 5 without the response marker.',
    advice: 'Few pairs can be made of them.',
    field: 'format',
  } as const;
  const line = 'Dry sample: 5 of 8 malformed: 5 without the response marker; 212 tokens each, 85 tokens/s.';
  expect(drySampleText({ ...found, advice: null, field: null }, PRESETS.quick)).toBe(line);
  expect(drySampleText(found, PRESETS.quick)).toBe(
    `${line} Few pairs can be made of them.\nThe run goes on all the same. Ctrl-C stops it; --set ` +
      'sftPrompts=32 warms it up, --set format=… changes format (now generic).',
  );
  expect(drySampleText(found, { ...PRESETS.quick, sftPrompts: 8 })).not.toContain('warms it up');
});

it('unpacks an adapter into its folder only, replacing what was there', () => {
  const out = join(folder, 'adapter');
  writeAdapter(zipSync({ 'old.txt': strToU8('old') }), out);
  writeAdapter(
    zipSync({
      'adapter_config.json': strToU8('{}'),
      '../../escape.txt': strToU8('x'),
      'mine/README.md': strToU8('# card'),
    }),
    out,
  );
  expect(readdirSync(out).sort()).toEqual(['README.md', 'adapter_config.json', 'escape.txt']);
  expect(readFileSync(join(out, 'README.md'), 'utf8')).toBe('# card');
});
