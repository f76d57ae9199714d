import { describe, expect, it } from 'vitest';
import type { LiveCandidates } from '../../records/candidates';
import { LiveView } from './live-view';

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

  it('parses growing candidates and counts new tokens, also of an array that grows in place', () => {
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

  it('does not count a complete prompt that waits for its judge', () => {
    const { view } = seen({ now: 0, decode: 0 });
    view.tokens(3, 0, tokens('one'), true);
    view.tokens(3, 1, tokens('tw'), false);
    expect(view.tokensInFlight).toBe(5);
    view.tokens(3, 1, tokens('two'), true);
    expect(view.tokensInFlight).toBe(0);
  });

  it('updates at most ten times a second, and less often if decoding is slow', () => {
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
    // Each decoding takes at least 50 ms, and decoding may take at most 5% of the 5 seconds.
    expect(other.looks.length).toBeLessThanOrEqual(6);
  });

  it('shows no incomplete characters, and decodes each token only a few times, however long the text', () => {
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

  it('shows only the first prompts that are being generated', () => {
    const clock = { now: 0, decode: 0 };
    const { view, looks } = seen(clock);
    for (let position = 9; position >= 0; position--) {
      clock.now += 200;
      view.tokens(position, 0, tokens('x'), false);
    }
    expect(looks.at(-1)?.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
  });
});
