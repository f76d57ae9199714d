/** The rules of the method, compared with the golden cases of tpo.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { elo, type Verdict, wins } from '../judges/language/elo';
import { at } from '../lib/assert';
import { thoughtPrompt } from '../recipe/thought-prompts';
import type { Malformed } from '../records/candidates';
import type { NoPair } from '../records/pairs';
import { parseCompletion } from './generation/parse-completion';
import { choosePair } from './pairs/choose-pair';
import { lengthControl } from './pairs/length-control';

interface Golden {
  elo: { tolerance: number; cases: { label: string; r: Verdict[][]; B: number[][]; elo: number[] }[] };
  length_control: { tolerance: number; cases: { scores: number[]; lengths: number[]; rho: number; s: number[] }[] };
  parsing: {
    formats: Record<string, { thought: string | null; response: string | null }>;
    cases: {
      format: string;
      text: string;
      ended: boolean;
      expected: { thought: string; response: string; malformed: Malformed | null };
    }[];
  };
  pairs: {
    cases: {
      label: string;
      candidates: { score: number | null; length: number; malformed: boolean; text: string }[];
      rho: number;
      malformedAsRejected: boolean;
      expected: { chosen: number | null; rejected: number | null; reason: NoPair | null; s: (number | null)[] };
    }[];
  };
}
const golden: Golden = JSON.parse(readFileSync(new URL('../../e2e/golden/tpo.json', import.meta.url), 'utf8'));

describe('golden', () => {
  it.each(golden.elo.cases)('elo: $label', ({ r, B, elo: expected }) => {
    expect(wins(r)).toEqual(B);
    elo(r).forEach((e, i) => {
      expect(Math.abs(e - at(expected, i))).toBeLessThan(golden.elo.tolerance);
    });
  });

  it.each(golden.length_control.cases)('length control: $scores $lengths $rho', ({ scores, lengths, rho, s }) => {
    lengthControl(scores, lengths, rho).forEach((x, i) => {
      expect(Math.abs(x - at(s, i))).toBeLessThan(golden.length_control.tolerance);
    });
  });

  it.each(golden.parsing.cases)('parsing: $format $text', ({ format, text, ended, expected }) => {
    const markers = golden.parsing.formats[format];
    const { thought, response, malformed } = parseCompletion(text, ended, {
      thoughtMarker: markers?.thought ?? null,
      responseMarker: markers?.response ?? null,
    });
    expect({ thought, response, malformed }).toEqual(expected);
  });

  it('has the same markers as the recipe’s formats', () => {
    const custom = { thoughtPrompt: '', thoughtMarker: '', responseMarker: '' };
    for (const format of ['generic', 'specific', 'think'] as const) {
      const { thoughtMarker, responseMarker } = thoughtPrompt('thinking', { format, ...custom });
      expect({ thought: thoughtMarker, response: responseMarker }).toEqual(golden.parsing.formats[format]);
    }
    const { thoughtMarker, responseMarker } = thoughtPrompt('direct', { format: 'generic', ...custom });
    expect({ thought: thoughtMarker, response: responseMarker }).toEqual(golden.parsing.formats.direct);
  });

  it.each(golden.pairs.cases)('pairs: $label, rho $rho, malformed as rejected $malformedAsRejected', (c) => {
    const judged = c.candidates.flatMap(({ score, length, malformed }, index) =>
      malformed || score === null ? [] : [{ index, score, length }],
    );
    const s = lengthControl(
      judged.map((x) => x.score),
      judged.map((x) => x.length),
      c.rho,
    );
    const candidates = c.candidates.map(({ text, malformed }, index) => {
      const place = judged.findIndex((x) => x.index === index);
      return { text, malformed: malformed ? ('no-marker' as const) : null, s: place === -1 ? null : at(s, place) };
    });
    candidates.forEach((x, i) => {
      const expected = at(c.expected.s, i);
      if (expected === null || x.s === null) expect(x.s).toBe(expected);
      else expect(Math.abs(x.s - expected)).toBeLessThan(1e-9);
    });
    const choice = choosePair(candidates, c.malformedAsRejected);
    const { chosen, rejected, reason } = c.expected;
    if ('none' in choice)
      expect({ chosen: null, rejected: null, reason: choice.none }).toEqual({ chosen, rejected, reason });
    else
      expect({ chosen: choice.chosen, rejected: choice.rejected, reason: null }).toEqual({ chosen, rejected, reason });
  });
});
