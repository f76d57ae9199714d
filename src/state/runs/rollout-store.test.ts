import { describe, expect, it } from 'vitest';
import type { Candidate, LiveCandidates, Rollout } from '../../records/candidates';
import { RolloutStore } from './rollout-store';

const candidate = (index: number, correct: boolean): Candidate => ({
  index,
  tokens: [1],
  text: 't',
  ended: true,
  thought: '',
  response: 't',
  malformed: null,
  thoughtTokens: 0,
  responseTokens: 1,
  score: Number(correct),
  correct,
  s: 0,
});

const rollout = (position: number): Rollout => ({
  purpose: 'train',
  iteration: 1,
  arm: 'thinking',
  position,
  prompt: { id: `p${position}`, instruction: `prompt ${position}` },
  promptTokens: [],
  candidates: [candidate(0, true), candidate(1, false)],
  pair: { chosen: 0, rejected: 1, rejectedMalformed: false },
  judgement: null,
  comparisons: [],
  seconds: { generate: 0, judge: 0 },
});

const live = (position: number, tokens: number): LiveCandidates => ({
  purpose: 'train',
  iteration: 1,
  arm: 'thinking',
  position,
  promptId: `p${position}`,
  instruction: `prompt ${position}`,
  candidates: [{ index: 0, thought: 'a', response: '', tokens, done: false }],
});

describe('the prompts of a run', () => {
  it('are in the order in which generation started, whenever they finish', () => {
    const log = new RolloutStore();
    log.putLive([live(0, 1), live(1, 1)]);
    log.putRollouts([rollout(1)]);
    log.putLive([live(2, 1)]);
    expect(log.entries.map((entry) => entry.position)).toEqual([0, 1, 2]);
    expect(log.live().map((entry) => entry.position)).toEqual([0, 2]);
  });

  it('are not overwritten by live text that arrives late', () => {
    const log = new RolloutStore();
    log.putRollouts([rollout(0)]);
    log.putLive([live(0, 5)]);
    expect(log.entries[0]?.rollout).not.toBeNull();
    expect(log.live()).toEqual([]);
  });

  it('are counted once, however often they arrive', () => {
    const log = new RolloutStore();
    log.putRollouts([rollout(0), rollout(1)]);
    log.putRollouts([rollout(1)]);
    expect(log.countsOf('train', 1, 'thinking')).toEqual({ prompts: 2, pairs: 2, candidates: 4, right: 2, judged: 4 });
    expect(log.countsOf('train', 2, 'thinking').prompts).toBe(0);
  });

  it('get their pair later', () => {
    const log = new RolloutStore();
    log.putRollouts([{ ...rollout(0), pair: null }]);
    expect(log.countsOf('train', 1, 'thinking').pairs).toBe(0);
    log.putRollouts([rollout(0)]);
    expect(log.countsOf('train', 1, 'thinking')).toMatchObject({ prompts: 1, pairs: 1 });
  });

  it('are removed if a stopped run did not finish them', () => {
    const log = new RolloutStore();
    log.putLive([live(0, 1)]);
    log.putRollouts([rollout(1)]);
    log.dropUnfinished();
    expect(log.entries.map((entry) => [entry.position, entry.order])).toEqual([[1, 0]]);
    expect(log.countsOf('train', 1, 'thinking').prompts).toBe(1);
  });
});
