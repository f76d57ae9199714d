import { expect, it } from 'vitest';
import type { LiveCandidates, Rollout } from '../../records/candidates';
import { RolloutStore } from '../../state/runs/rollout-store';
import { nextToShow } from './useShownPrompt';

const live = (position: number, tokens: number): LiveCandidates => ({
  purpose: 'train',
  iteration: 1,
  arm: 'thinking',
  position,
  promptId: `p${position}`,
  instruction: 'i',
  candidates: [{ index: 0, thought: '', response: '', tokens, done: false }],
});
const done = (position: number): Rollout => ({
  purpose: 'train',
  iteration: 1,
  arm: 'thinking',
  position,
  prompt: { id: `p${position}`, instruction: 'i' },
  promptTokens: [],
  candidates: [],
  pair: null,
  judgement: null,
  comparisons: [],
  seconds: { generate: 0, judge: 0 },
});

it('shows a prompt from its first tokens', () => {
  const log = new RolloutStore();
  log.putLive([live(0, 60), live(1, 4), live(2, 0)]);
  expect(nextToShow(log, null)?.position).toBe(1);
});

it('shows the newest scored prompt when none is being generated, and never goes back to an older one', () => {
  const log = new RolloutStore();
  expect(nextToShow(log, null)).toBeNull();
  log.putRollouts([done(0), done(1)]);
  expect(nextToShow(log, null)?.position).toBe(1);
  expect(nextToShow(log, log.entries[1] ?? null)).toBeNull();
});
