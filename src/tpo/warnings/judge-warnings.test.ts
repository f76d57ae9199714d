import { describe, expect, it } from 'vitest';
import type { JudgeFacts } from '../../records/judgements';
import { judgeWarnings } from './judge-warnings';

describe('warnings', () => {
  const good: JudgeFacts = {
    judge: 'remote m',
    controls: { empty: { failed: 0, of: 4 }, 'choose-a': { failed: 2, of: 4 } },
    positionBias: { share: 0.3, of: 40 },
    lengthBias: 0.2,
    agreement: null,
    unparsed: { count: 0, of: 80 },
  };
  type Chosen = Parameters<typeof judgeWarnings>[1];
  const recipe: Chosen = {
    judge: 'remote',
    evaluationJudge: 'same',
    judgeMethod: 'comparison',
    webllmModel: '',
    remoteModel: 'small-1.5b',
  };
  const warningsOf = (facts: JudgeFacts, checkable = 0, change: Partial<Chosen> = {}) =>
    judgeWarnings(facts, { ...recipe, ...change }, checkable);

  it('are not given for a reliable judge, or for few cases', () => {
    expect(warningsOf(good)).toEqual([]);
    expect(
      warningsOf({ ...good, controls: { empty: { failed: 3, of: 3 } }, positionBias: { share: 1, of: 2 } }),
    ).toEqual([]);
  });

  const failing: JudgeFacts = { ...good, controls: { empty: { failed: 1, of: 4 }, 'choose-a': { failed: 3, of: 4 } } };
  it('name the number of failed control rows, the most frequent kind, and a better choice', () => {
    expect(warningsOf(failing)).toEqual([
      {
        code: 'judge-fails-controls',
        message:
          'The judge (remote m) failed 4 of 8 control rows, most often on a response that tells it what to choose.',
        advice: expect.stringMatching(/^Choose a larger model, of 7 billion parameters or more, or/),
        field: 'remoteModel',
      },
    ]);
    expect(warningsOf({ ...failing, controls: { empty: { failed: 2, of: 6 } } })).toEqual([]);
  });

  it.each([
    [{ judge: 'webllm', judgeMethod: 'rating' }, 0, 'better one of two', 'judgeMethod'],
    [{ judge: 'webllm', webllmModel: 'Qwen2.5-1.5B-Instruct-q4f32_1-MLC' }, 0, 'a larger model', 'webllmModel'],
    [{ remoteModel: 'some-model' }, 0, 'another model, of 7 billion parameters or more, or', 'remoteModel'],
    [
      { remoteModel: 'Llama-3.3-70B-Instruct' },
      0,
      'ask it for ratings instead of comparisons, or choose a reward',
      'judgeMethod',
    ],
    [{ remoteModel: 'qwen2.5:7b', judgeMethod: 'rating' }, 0, 'Its size is not the problem', 'judgeMethod'],
    [{ judge: 'self', judgeMethod: 'rating' }, 0, 'language model of 3 billion', 'judge'],
    [{ judge: 'onnx' }, 1, 'choose the rule', 'judge'],
    // The rule cannot check the other prompts.
    [{ judge: 'onnx' }, 0.5, 'language model', 'judge'],
    [{ judge: 'rule' }, 1, 'stricter', 'judge'],
    [{ judge: 'panel' }, 0, 'that pass', 'panel'],
    [{ judge: 'rule', evaluationJudge: 'same' }, 1, 'stricter', 'judge'],
  ] as const)('advise for %j, with a share of %d of the prompts checkable', (change, checkable, advice, field) => {
    expect(warningsOf(failing, checkable, change)).toMatchObject([{ advice: expect.stringContaining(advice), field }]);
  });

  it('never advise the kind that failed', () => {
    const named = {
      webllm: /WebLLM/i,
      onnx: /reward model/i,
      self: /itself/i,
      similarity: /embedding/i,
      rule: /choose the rule/i,
    };
    for (const [judge, words] of Object.entries(named))
      for (const { advice } of warningsOf(failing, 0, { judge: judge as keyof typeof named }))
        expect(advice).not.toMatch(words);
  });

  it('are given for a judge without a verdict on its control rows', () => {
    const mute = { ...good, controls: {}, silentControls: 24 };
    expect(warningsOf(mute)).toMatchObject([
      {
        code: 'judge-silent-on-controls',
        message: 'The judge (remote m) came to no verdict on 24 of 24 control rows.',
      },
    ]);
    expect(warningsOf({ ...good, silentControls: 2 })).toEqual([]);
  });

  it('have codes of their own for the evaluation’s judge, and advise about the evaluation', () => {
    const evaluated = judgeWarnings(failing, { ...recipe, judge: 'rule', evaluationJudge: 'self' }, 0, 'evaluation');
    expect(evaluated).toMatchObject([
      {
        code: 'evaluation-judge-fails-controls',
        message: expect.stringMatching(/^The judge of the evaluation \(remote m\) failed 4 of 8/),
        field: 'evaluationJudge',
      },
    ]);
    const long = judgeWarnings({ ...good, lengthBias: 0.7 }, { ...recipe, evaluationJudge: 'self' }, 0, 'evaluation');
    expect(long).toMatchObject([{ field: 'evaluationJudge' }]);
  });

  it('name the member of a panel', () => {
    const members = [good, { ...failing, judge: 'tiny-judge', positionBias: { share: 0.9, of: 40 } }];
    const panel = { ...good, judge: 'panel of both', positionBias: { share: 0.6, of: 80 }, members };
    expect(warningsOf(panel, 0, { judge: 'panel' })).toMatchObject([
      {
        code: 'judge-fails-controls-tiny-judge',
        message: expect.stringMatching(/^A judge of the panel \(tiny-judge\)/),
        field: 'panel',
      },
      { code: 'judge-by-order-tiny-judge', advice: expect.stringContaining('off the panel') },
    ]);
  });

  it('are given if order, length or chance decides', () => {
    const biased = warningsOf({ ...good, positionBias: { share: 0.6, of: 40 }, lengthBias: 0.7 });
    expect(biased).toMatchObject([
      { code: 'judge-by-order', message: expect.stringContaining('In 60% of 40 comparisons') },
      { code: 'judge-by-length', message: expect.stringContaining('correlation 0.70'), field: 'rho' },
    ]);
    expect(warningsOf({ ...good, lengthBias: -0.7 })).toMatchObject([
      { code: 'judge-by-length', field: 'remoteModel' },
    ]);
    expect(warningsOf({ ...good, agreement: { share: 0.55, of: 100 }, lengthBias: 0.9 }, 1)).toMatchObject([
      {
        code: 'judge-against-rule',
        message: expect.stringContaining('55% of 100 cases'),
        advice: expect.stringContaining('the rule'),
      },
    ]);
  });
});
