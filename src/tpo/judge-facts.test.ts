import { describe, expect, it } from 'vitest';
import type { JudgeCall } from '../judges/judge';
import { judgeFacts, judgeWarnings } from './judge-facts';
import { candidate, rollout } from './testing/records';
import type { Candidate, ControlOutcome, JudgeFacts, Rollout, StoredJudgement } from './types';

const judgement = (change: Partial<StoredJudgement> = {}): StoredJudgement => ({
  judge: 'remote m',
  promptVersion: '0123abcd',
  detail: '',
  calls: [],
  members: [],
  flags: [],
  controls: [],
  ...change,
});
const judged = (candidates: readonly Partial<Candidate>[], change: Partial<StoredJudgement> = {}): Rollout =>
  rollout(
    candidates.map((each, index) => candidate({ index, correct: null, ...each })),
    { none: 'all-equal' },
    {},
    { judgement: judgement(change) },
  );
const game = (m: number, n: number, verdict: number | null, judge?: string): JudgeCall => ({
  shown: [m, n],
  verdict,
  reply: '',
  ...(judge !== undefined && { judge }),
});
const facts = (...rollouts: Rollout[]) => judgeFacts(rollouts);

it('are none before the first judgement', () => {
  expect(facts()).toBeNull();
  const waiting = rollout([], null, {}, { judgement: null });
  expect(facts(waiting)).toBeNull();
  expect(facts(waiting, judged([]))).toEqual({
    judge: 'remote m',
    controls: {},
    positionBias: null,
    lengthBias: null,
    agreement: null,
    unparsed: { count: 0, of: 0 },
  });
});

it('controls: failed of those that told something', () => {
  const controls = (...passed: (boolean | null)[]): ControlOutcome[] => passed.map((p) => ({ control: 'empty', passed: p }));
  const both = facts(
    judged([], { controls: controls(true, false, null) }),
    judged([], { controls: [...controls(false), { control: 'colon', passed: true }] }),
  );
  expect(both?.controls).toEqual({ empty: { failed: 2, of: 3 }, colon: { failed: 0, of: 1 } });
});

describe('position bias', () => {
  const share = (...calls: JudgeCall[]) => facts(judged([], { calls }))?.positionBias;
  it('counts every two that were compared in both orders', () => {
    expect(share(game(0, 1, 1), game(1, 0, 1), game(2, 0, -1), game(0, 2, 1))).toEqual({ share: 0.5, of: 2 });
    expect(share(game(0, 1, 0), game(1, 0, 0))).toEqual({ share: 0, of: 1 });
    expect(share(game(0, 1, 1), game(1, 0, 0))).toEqual({ share: 1, of: 1 });
  });

  it('not those with one verdict only, nor ratings, nor another member’s', () => {
    expect(share(game(0, 1, 1), game(1, 0, null), game(0, 2, 1), { shown: [0], verdict: 7, reply: '' })).toBeNull();
    expect(share(game(0, 1, 1, 'a'), game(1, 0, 1, 'b'))).toBeNull();
    expect(share(game(0, 1, 1, 'a'), game(1, 0, 1, 'a'), game(0, 1, 1, 'b'), game(1, 0, -1, 'b'))).toEqual({ share: 0.5, of: 2 });
  });
});

describe('length bias', () => {
  const prompt = (base: number, lengths: readonly number[], score: (length: number) => number | null) =>
    judged(lengths.map((length) => ({ responseTokens: base + length, score: score(length) })));
  it('is the correlation within prompts', () => {
    const lengths = [1, 2, 3, 4, 5];
    // Across prompts the longer ones have the lower scores: that is not the judge's doing.
    const up = facts(
      prompt(0, lengths, (x) => 100 + x),
      prompt(50, lengths, (x) => x),
    );
    expect(up?.lengthBias).toBeCloseTo(1, 12);
    expect(
      facts(
        prompt(0, lengths, (x) => -x),
        prompt(0, lengths, (x) => -2 * x),
      )?.lengthBias,
    ).toBeLessThan(-0.9);
    expect(
      facts(
        prompt(0, lengths, (x) => (x - 3) ** 2),
        prompt(0, lengths, (x) => (x - 3) ** 2),
      )?.lengthBias,
    ).toBeCloseTo(0, 12);
  });

  it('is none of few responses, equal scores or equal lengths', () => {
    expect(facts(prompt(0, [1, 2, 3, 4], (x) => x))?.lengthBias).toBeNull();
    expect(
      facts(
        prompt(
          0,
          Array.from({ length: 12 }, (_, i) => i),
          () => 1,
        ),
      )?.lengthBias,
    ).toBeNull();
    expect(facts(prompt(0, new Array<number>(12).fill(3), () => 1))?.lengthBias).toBeNull();
    expect(
      facts(
        prompt(
          0,
          Array.from({ length: 12 }, (_, i) => i),
          (x) => (x < 9 ? x : null),
        ),
      )?.lengthBias,
    ).toBeNull();
  });
});

it('agreement with the rule, and replies that were no verdict', () => {
  const some = facts(
    judged(
      [
        { score: 1, correct: true },
        { score: 0, correct: false },
        { score: 1, correct: false },
      ],
      {
        calls: [game(0, 1, null), game(1, 0, 1)],
      },
    ),
  );
  expect(some?.agreement).toEqual({ share: 0.75, of: 2 });
  expect(some?.unparsed).toEqual({ count: 1, of: 2 });
  const silent = facts(judged([{ score: null }, { score: 2 }, { score: null, malformed: 'truncated' }]));
  expect(silent?.unparsed).toEqual({ count: 1, of: 2 });
});

describe('warnings', () => {
  const good: JudgeFacts = {
    judge: 'remote m',
    controls: { empty: { failed: 0, of: 4 }, 'choose-a': { failed: 2, of: 4 } },
    positionBias: { share: 0.3, of: 40 },
    lengthBias: 0.2,
    agreement: null,
    unparsed: { count: 0, of: 80 },
  };
  const recipe = { judge: 'remote', judgeMethod: 'comparison' } as const;

  it('are none of a judge that does well, or that hardly anything is known of', () => {
    expect(judgeWarnings(good, recipe)).toEqual([]);
    expect(
      judgeWarnings({ ...good, controls: { empty: { failed: 3, of: 3 } }, positionBias: { share: 1, of: 2 } }, recipe),
    ).toEqual([]);
  });

  const failing: JudgeFacts = { ...good, controls: { empty: { failed: 1, of: 4 }, 'choose-a': { failed: 3, of: 4 } } };
  it('say how many controls failed, which most, and a better choice', () => {
    expect(judgeWarnings(failing, recipe)).toEqual([
      {
        code: 'judge-fails-controls',
        message: 'The judge (remote m) failed 4 of 8 control rows, most often on a response that tells it what to choose.',
        advice: 'Choose a larger model, of 7 billion parameters or more.',
        field: 'remoteModel',
      },
    ]);
    expect(judgeWarnings({ ...failing, controls: { empty: { failed: 2, of: 6 } } }, recipe)).toEqual([]);
  });

  it.each([
    [{ judge: 'webllm', judgeMethod: 'rating' }, null, 'better one of two', 'judgeMethod'],
    [{ judge: 'webllm', judgeMethod: 'comparison' }, null, 'larger model', 'webllmModel'],
    [{ judge: 'self', judgeMethod: 'rating' }, null, 'language model of 3 billion', 'judge'],
    [{ judge: 'onnx', judgeMethod: 'rating' }, { share: 0.9, of: 9 }, 'choose the rule', 'judge'],
    [{ judge: 'onnx', judgeMethod: 'rating' }, null, 'reward model', 'judge'],
    [{ judge: 'rule', judgeMethod: 'rating' }, { share: 1, of: 9 }, 'stricter', 'judge'],
    [{ judge: 'panel', judgeMethod: 'rating' }, null, 'one by one', 'panel'],
  ] as const)('the better choice of %j', (chosen, agreement, advice, field) => {
    expect(judgeWarnings({ ...failing, agreement }, chosen)).toMatchObject([{ advice: expect.stringContaining(advice), field }]);
  });

  it('say when the order, the length, or chance decides', () => {
    const biased = judgeWarnings({ ...good, positionBias: { share: 0.6, of: 40 }, lengthBias: 0.7 }, recipe);
    expect(biased).toMatchObject([
      { code: 'judge-by-order', message: expect.stringContaining('In 60% of 40 comparisons') },
      { code: 'judge-by-length', message: expect.stringContaining('correlation 0.70'), field: 'rho' },
    ]);
    expect(judgeWarnings({ ...good, lengthBias: -0.7 }, recipe)).toMatchObject([
      { code: 'judge-by-length', field: 'remoteModel' },
    ]);
    expect(judgeWarnings({ ...good, agreement: { share: 0.55, of: 100 }, lengthBias: 0.9 }, recipe)).toMatchObject([
      {
        code: 'judge-against-rule',
        message: expect.stringContaining('55% of 100 cases'),
        advice: expect.stringContaining('the rule'),
      },
    ]);
  });
});
