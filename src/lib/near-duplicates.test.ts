import { expect, it } from 'vitest';
import { NearDuplicates, shingles, similarity } from './near-duplicates';

const words = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `word${from + i}`).join(' ');

it('finds a text in which one word was changed, regardless of the texts in between', () => {
  const near = new NearDuplicates<number>();
  for (let i = 0; i < 500; i++) expect(near.add(i, words(20, 100 * i))).toBeNull();
  const changed = `${words(19, 100 * 123)} other`;
  expect(similarity(shingles(changed), shingles(words(20, 100 * 123)))).toBeGreaterThan(0.7);
  expect(near.add(1000, changed)).toBe(123);
});

it('does not confuse similar texts with near duplicates', () => {
  const near = new NearDuplicates<string>();
  expect(near.add('a', 'Please calculate 41 + 87.')).toBeNull();
  expect(near.add('b', 'Please calculate 41 + 88.')).toBeNull();
  expect(near.add('c', 'Hi')).toBeNull();
  expect(near.add('d', 'Hi!')).toBe('c');
});

it('handles a hundred thousand texts in a few seconds', () => {
  const near = new NearDuplicates<number>();
  const begun = performance.now();
  let found = 0;
  for (let i = 0; i < 100_000; i++) {
    const again = i % 50_000;
    const text = `Write about ${again} things that the people of ${again} towns know${i === again ? '.' : '!'}`;
    if (near.add(i, text) !== null) found++;
  }
  expect(found).toBe(50_000);
  expect(performance.now() - begun).toBeLessThan(30_000);
});
