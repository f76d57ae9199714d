import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { LiveCandidates } from '../../records/candidates';
import { LiveView } from '../generation/live-view';
import { summarizeIteration } from '../iteration-summary';
import { evaluation } from '../testing/records';
import { ProgressMeter } from './progress-meter';
import { plannedWork, TimeLeft } from './time-left';

const recipe = PRESETS.quick;

describe('time left', () => {
  it('is unknown before anything was measured, and nothing when nothing is left', () => {
    const timeLeft = new TimeLeft(recipe);
    expect(timeLeft.seconds([{ work: 'train', arm: 'direct', units: 1 }], null)).toBeNull();
    expect(timeLeft.seconds([], null)).toBe(0);
  });

  it('is what is left by the measured mean of each kind and arm', () => {
    const timeLeft = new TimeLeft(recipe);
    timeLeft.add('generate', 'thinking', 10, 5);
    timeLeft.add('generate', 'thinking', 20, 5);
    timeLeft.add('train', 'direct', 4, 8);
    const left = [
      { work: 'generate', arm: 'thinking', units: 10 },
      { work: 'train', arm: 'direct', units: 2 },
    ] as const;
    expect(timeLeft.seconds(left, null)).toBeCloseTo(30 + 1);
  });

  it('derives what is not measured from the same prompts with another number of candidates', () => {
    const timeLeft = new TimeLeft(recipe);
    timeLeft.add('evaluate', 'thinking', 30, 300);
    const perPrompt = timeLeft.seconds([{ work: 'generate', arm: 'thinking', units: 1 }], null);
    expect(perPrompt).toBeCloseTo((0.1 * recipe.k) / recipe.evaluationSamples);
  });

  it('of a warm-up counts its prompts and its steps, each of one completion where a pair has two', () => {
    const warm = { ...recipe, sftPrompts: 16, sftEpochs: 2, pairsPerStep: 8 };
    const work = plannedWork(warm, 10);
    const of = (kind: string, arm: string) => work.find((left) => left.work === kind && left.arm === arm)?.units;
    expect([of('sft', 'thinking'), of('sft', 'direct')]).toEqual([4, 0]);
    const generated = recipe.iterations * recipe.promptsPerIteration;
    expect([of('generate', 'thinking'), of('generate', 'direct')]).toEqual([generated + 16, generated]);
    const timeLeft = new TimeLeft(warm);
    timeLeft.add('train', 'thinking', 8, 4);
    expect(timeLeft.seconds([{ work: 'sft', arm: 'thinking', units: 3 }], null)).toBeCloseTo(3);
  });

  it('learns from another run what the policy took, not its judge', () => {
    const timeLeft = new TimeLeft(recipe);
    const place = { iteration: 1, arm: 'thinking', seconds: { reference: 0, evaluate: 0 } } as const;
    const summary = summarizeIteration([], [], place);
    timeLeft.learn({
      summary: { recipe },
      evaluations: [evaluation({ prompts: 10, seconds: 50, judgeSeconds: 30 })],
      iterations: [{ ...summary, prompts: 10, seconds: { ...summary.seconds, generate: 5, judge: 900 } }],
      steps: [],
      sftSteps: [],
    });
    expect(timeLeft.seconds([{ work: 'generate', arm: 'thinking', units: 10 }], null)).toBeCloseTo(5);
    expect(timeLeft.seconds([{ work: 'evaluate', arm: 'thinking', units: 10 }], null)).toBeCloseTo(20);
  });

  it('counts the work under way, half done prompts too', () => {
    const timeLeft = new TimeLeft(recipe);
    const now = { work: 'generate', arm: 'direct', units: 2.5, seconds: 5 } as const;
    expect(timeLeft.seconds([{ work: 'generate', arm: 'direct', units: 3 }], now)).toBeCloseTo(6);
  });
});

describe('progress meter', () => {
  it('gives the speed of the last few seconds, and none across a pause', () => {
    let now = 0;
    const meter = new ProgressMeter(recipe, () => now);
    meter.begin('generate', 'thinking');
    expect(meter.tokensPerSecond()).toBeNull();
    for (now = 50; now <= 10_000; now += 50) meter.tokens(now < 5000 ? 1 : 10);
    expect(meter.tokensPerSecond()).toBeCloseTo(200, 0);
    meter.pause();
    expect(meter.tokensPerSecond()).toBeNull();
    now = 60_000;
    meter.begin('generate', 'thinking');
    now += 500;
    meter.tokens(50);
    expect(meter.tokensPerSecond()).toBeCloseTo(100);
  });

  it('leaves the time of a pause out', () => {
    let now = 0;
    const meter = new ProgressMeter(recipe, () => now);
    const left = [{ work: 'train', arm: 'direct', units: 10 }] as const;
    meter.begin('train', 'direct');
    now = 2000;
    expect(meter.end(1)).toBe(2);
    now = 100_000;
    expect(meter.secondsLeft(left, 0)).toBeCloseTo(20);
    meter.pause();
    meter.begin('train', 'direct');
    now = 104_000;
    meter.end(1);
    expect(meter.secondsLeft(left, 0)).toBeCloseTo(30);
  });
});

describe('live view', () => {
  const characters = (some: readonly number[]) => String.fromCharCode(...some);
  const seen = (clock: { now: number; decode: number }, decode = characters) => {
    const looks: (readonly LiveCandidates[])[] = [];
    const view = new LiveView(
      {
        purpose: 'train',
        iteration: 1,
        arm: 'thinking',
        k: 2,
        prompt: (position) => ({ id: `p${position}`, instruction: 'why?' }),
        decode: (some) => {
          clock.now += clock.decode;
          return decode(some);
        },
        format: { thoughtMarker: null, responseMarker: '|' },
      },
      (live) => looks.push(live),
      () => clock.now,
    );
    return { view, looks };
  };
  const tokens = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

  it('parses candidates as they grow and counts new tokens, also of a list that grows in place', () => {
    const clock = { now: 1000, decode: 0 };
    const { view, looks } = seen(clock);
    const growing = tokens('thi');
    expect(view.tokens(3, 1, growing, false)).toBe(3);
    growing.push(...tokens('nk|answer'));
    clock.now += 100;
    expect(view.tokens(3, 1, growing, true)).toBe(9);
    expect(looks).toHaveLength(2);
    expect(looks[1]).toEqual([
      {
        purpose: 'train',
        iteration: 1,
        arm: 'thinking',
        position: 3,
        promptId: 'p3',
        instruction: 'why?',
        candidates: [
          { index: 0, thought: '', response: '', tokens: 0, done: false },
          { index: 1, thought: 'think', response: 'answer', tokens: 12, done: true },
        ],
      },
    ]);
    expect(view.tokensInFlight).toBe(12);
    view.finish(3);
    expect(view.tokensInFlight).toBe(0);
  });

  it('counts nothing of a prompt that is written whole and waits for its judge', () => {
    const { view } = seen({ now: 0, decode: 0 });
    view.tokens(3, 0, tokens('one'), true);
    view.tokens(3, 1, tokens('tw'), false);
    expect(view.tokensInFlight).toBe(5);
    view.tokens(3, 1, tokens('two'), true);
    expect(view.tokensInFlight).toBe(0);
  });

  it('looks at most ten times a second, and less often where looking is slow', () => {
    const clock = { now: 0, decode: 0 };
    const { view, looks } = seen(clock);
    for (let i = 0; i < 100; i++) {
      clock.now += 10;
      view.tokens(0, 0, tokens('x'.repeat(i + 1)), false);
    }
    expect(looks.length).toBeLessThanOrEqual(10);
    expect(looks.length).toBeGreaterThanOrEqual(9);

    const slow = { now: 0, decode: 50 };
    const other = seen(slow);
    for (let i = 0; i < 500; i++) {
      slow.now += 10;
      other.view.tokens(0, 0, tokens('x'.repeat(i + 1)), false);
    }
    // A second or more each, and a twentieth of the time at most.
    expect(other.looks.length).toBeLessThanOrEqual(6);
  });

  it('shows no half characters, and decodes each token a few times however long the text', () => {
    const clock = { now: 0, decode: 0 };
    let decoded = 0;
    const { view, looks } = seen(clock, (some) => {
      decoded += some.length;
      return new TextDecoder().decode(Uint8Array.from(some));
    });
    const written = [...new TextEncoder().encode('漢🙂|é'.repeat(100))];
    written.forEach((_, i) => {
      clock.now += 1000;
      view.tokens(0, 0, written.slice(0, i + 1), false);
    });
    const shown = looks.map(([live]) => `${live?.candidates[0]?.thought}${live?.candidates[0]?.response}`);
    expect(shown).toHaveLength(written.length);
    expect(shown.join('')).not.toContain('\ufffd');
    expect(shown.slice(0, 9)).toEqual(['', '', '漢', '漢', '漢', '漢', '漢🙂', '漢🙂', '漢🙂']);
    expect(decoded).toBeLessThan(12 * written.length);
  });

  it('shows the first prompts in flight only', () => {
    const clock = { now: 0, decode: 0 };
    const { view, looks } = seen(clock);
    for (let position = 9; position >= 0; position--) {
      clock.now += 200;
      view.tokens(position, 0, tokens('x'), false);
    }
    expect(looks.at(-1)?.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
  });
});
