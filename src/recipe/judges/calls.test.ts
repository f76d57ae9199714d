import { describe, expect, it } from 'vitest';
import { recipeFault } from '../faults';
import { PRESETS } from '../presets';
import type { Recipe } from '../recipe';
import { judgeCallsOfRun, judgeCallsPerPrompt, judgeQuestionsOfRun, rejudgingCalls } from './calls';

const recipe = (change: Partial<Recipe>): Recipe => ({
  ...PRESETS.quick,
  k: 8,
  iterations: 3,
  promptsPerIteration: 100,
  arms: ['thinking', 'direct'],
  controls: 4,
  evaluationPrompts: 50,
  evaluationSamples: 2,
  ...change,
});
const REMOTE = { judge: 'remote', remoteUrl: 'localhost:8080', remoteModel: 'judge' } as const;
const perPrompt = (change: Partial<Recipe>, k = 8) => judgeCallsPerPrompt(recipe(change), k);

describe('calls per prompt', () => {
  it.each<[Partial<Recipe>, number | null]>([
    [{ judge: 'rule' }, null],
    [{ judge: 'onnx' }, null],
    [{ judge: 'similarity' }, null],
    [{ judge: 'human' }, null],
    [{ judge: 'self' }, 56],
    // `self` only compares.
    [{ judge: 'self', judgeMethod: 'rating' }, 56],
    [{ judge: 'remote', judgeMethod: 'rating' }, 8],
    [{ judge: 'webllm', pairing: 'baseline' }, 14],
    [{ judge: 'webllm', pairing: 'swiss', swissRounds: 3 }, 24],
    [{ judge: 'webllm', pairing: 'swiss', swissRounds: 10 }, 56],
    [{ judge: 'panel', panel: 'rule:1,onnx:1' }, null],
    [{ judge: 'panel', panel: 'rule:1,self:1,remote:1', judgeMethod: 'rating' }, 64],
  ])('%j: %j', (change, calls) => {
    expect(perPrompt(change)).toBe(calls);
  });

  it('need two responses to compare, and leave one out of an odd number', () => {
    expect(perPrompt({ judge: 'self' }, 1)).toBe(0);
    expect(perPrompt({ judge: 'self', pairing: 'baseline' }, 0)).toBe(0);
    expect(perPrompt({ judge: 'self', pairing: 'swiss', swissRounds: 2 }, 7)).toBe(12);
    expect(perPrompt({ judge: 'self', pairing: 'swiss', swissRounds: 10 }, 7)).toBe(42);
  });
});

describe('calls of a run', () => {
  const ofRun = (change: Partial<Recipe>, heldout = 300) => judgeCallsOfRun(recipe(change), heldout);

  it('are null where no judge is asked in words', () => {
    expect(ofRun({ judge: 'rule' })).toBeNull();
    expect(ofRun({ judge: 'human', evaluationJudge: 'onnx' })).toBeNull();
  });

  it(
    'by rating: one per candidate, one per held-out sample and evaluation, seven per prompt with ' + 'control rows',
    () => {
      expect(ofRun({ judge: 'remote', judgeMethod: 'rating' })).toEqual({
        training: 3 * 2 * 100 * 8,
        evaluation: 4 * 2 * 50 * 2,
        controls: 3 * 2 * 4 * 7,
        evaluationControls: 0,
      });
      expect(
        ofRun({ judge: 'remote', judgeMethod: 'rating', evaluationPrompts: 0, controls: 1000 }, 300),
      ).toMatchObject({
        evaluation: 4 * 2 * 300 * 2,
        controls: 3 * 2 * 100 * 7,
      });
    },
  );

  it('by comparison: in both orders, against the samples of the seed model, and between the arms', () => {
    expect(ofRun({ judge: 'self' })).toEqual({
      training: 3 * 2 * 100 * 56,
      evaluation: (3 * 2 + 4) * 50 * 2 * 2,
      controls: 3 * 2 * 4 * 12,
      evaluationControls: 0,
    });
    expect(ofRun({ judge: 'self', arms: ['thinking'] })).toMatchObject({ evaluation: 3 * 50 * 2 * 2 });
  });

  it('count the judges of training and evaluation separately', () => {
    expect(ofRun({ judge: 'rule', evaluationJudge: 'remote', judgeMethod: 'rating' })).toEqual({
      training: 0,
      evaluation: 800,
      controls: 0,
      evaluationControls: 4 * 7,
    });
    expect(ofRun({ judge: 'remote', evaluationJudge: 'self' }, 3)).toMatchObject({ evaluationControls: 3 * 12 });
    expect(ofRun({ judge: 'self', evaluationJudge: 'rule' })).toMatchObject({ evaluation: 0 });
    // A panel's scores are only comparable within a prompt, so even its rating member is asked about two at a time.
    expect(ofRun({ judge: 'panel', panel: 'rule:1,remote:1', judgeMethod: 'rating' })).toEqual({
      training: 4800,
      evaluation: 2000,
      controls: 288,
      evaluationControls: 0,
    });
  });
});

it('counts the prompts of an iteration that is judged again, and their control rows', () => {
  expect(rejudgingCalls(recipe({ judge: 'self' }), 64, 8)).toBe(64 * 56 + 4 * 12);
  expect(rejudgingCalls(recipe({ judge: 'remote', judgeMethod: 'rating' }), 2, 4)).toBe(2 * 4 + 2 * 7);
  expect(rejudgingCalls(recipe({ judge: 'rule' }), 64, 8)).toBeNull();
});

it('counts responses that a reward model scores as questions', () => {
  expect(judgeQuestionsOfRun(recipe({ judge: 'rule' }), 300)).toBeNull();
  expect(judgeQuestionsOfRun(recipe({ judge: 'onnx', evaluationJudge: 'rule' }), 300)).toEqual({
    training: 3 * 2 * 100 * 8,
    evaluation: 0,
    controls: 3 * 2 * 4 * 7,
    evaluationControls: 0,
  });
});

describe('a recipe is refused for its judge', () => {
  it.each<[Partial<Recipe>, keyof Recipe, string]>([
    [{ heldout: PRESETS.quick.prompts }, 'heldout', 'choose another set'],
    [{ judge: 'panel', panel: 'rule:1' }, 'panel', 'two members'],
    [{ ...REMOTE, judgeMethod: 'rating', ratingPrompt: 'Rate.' }, 'ratingPrompt', '{instruction} and {response}'],
    [{ judge: 'self', comparisonPrompt: '{instruction} {first}' }, 'comparisonPrompt', 'write {second}'],
    [
      { judge: 'rule', evaluationJudge: 'self', comparisonPrompt: '{instruction} {first} {second}' },
      'comparisonPrompt',
      '[[A]]',
    ],
    [{ judge: 'panel', panel: 'rule:1,self:1', comparisonPrompt: 'x' }, 'comparisonPrompt', '{instruction}'],
  ])('%j', (change, field, message) => {
    expect(recipeFault(recipe(change))).toEqual({ field, message: expect.stringContaining(message) });
  });

  it('but not for a prompt or a panel that no judge uses', () => {
    expect(recipeFault(recipe({ judge: 'rule', panel: 'x', ratingPrompt: 'x', comparisonPrompt: 'x' }))).toBeNull();
    expect(recipeFault(recipe({ ...REMOTE, judgeMethod: 'comparison', ratingPrompt: 'x' }))).toBeNull();
  });

  it.each<[Partial<Recipe>, keyof Recipe, string]>([
    [{ remoteUrl: '' }, 'remoteUrl', 'has no address'],
    [{ remoteUrl: 'http://' }, 'remoteUrl', 'is not valid'],
    [{ remoteUrl: 'https://me:secret@example.org/v1' }, 'remoteUrl', 'a name or a password'],
    [{ remoteModel: ' ' }, 'remoteModel', 'names no model of localhost:8080'],
    [{ judge: 'webllm', webllmModel: '' }, 'webllmModel', 'names no WebLLM model'],
    [{ judge: 'similarity' }, 'similarityModel', 'names no sentence-embedding model'],
  ])('whether it is asked in training, in the evaluation or on a panel: %j', (change, field, message) => {
    const fault = { field, message: expect.stringContaining(message) };
    const whole = recipe({ ...REMOTE, ...change });
    const { judge } = whole;
    expect(recipeFault(whole)).toEqual(fault);
    if (judge === 'remote' || judge === 'webllm') {
      expect(recipeFault({ ...whole, judge: 'rule', evaluationJudge: judge })).toEqual(fault);
    }
    expect(recipeFault({ ...whole, judge: 'panel', panel: `rule,${judge}`, evaluationJudge: 'rule' })).toEqual(fault);
    expect(recipeFault({ ...whole, judge: 'rule' })).toBeNull();
  });
});
