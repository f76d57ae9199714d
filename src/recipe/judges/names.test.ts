import { describe, expect, it } from 'vitest';
import { judgeNames, judgesSentence } from './names';

describe('the judges of a run', () => {
  it('have the names stored with their verdicts, and before that their kinds', () => {
    const recipe = { judge: 'onnx', evaluationJudge: 'rule' } as const;
    expect(judgeNames(recipe, [], [])).toEqual({ training: 'onnx', evaluation: 'rule' });
    expect(judgeNames({ ...recipe, evaluationJudge: 'same' }, [], [])).toEqual({
      training: 'onnx',
      evaluation: 'onnx',
    });
    expect(judgeNames(recipe, [{}, { judge: 'rule' }], [{}, { judge: { judge: 'tiny-judge' } }])).toEqual({
      training: 'tiny-judge',
      evaluation: 'rule',
    });
  });

  it('are named in a sentence', () => {
    expect(judgesSentence({ training: 'a', evaluation: 'a' }, false)).toBe(
      'Trained and evaluated by the same judge, a.',
    );
    expect(judgesSentence({ training: 'a', evaluation: 'b' }, true)).toContain(
      'by another one, b. Accuracy is always decided by the rule',
    );
  });
});
