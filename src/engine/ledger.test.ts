import { expect, it } from 'vitest';
import { Ledger } from './ledger';

/** What a ledger asks of a buffer. */
const buffer = (size: number) => ({ size }) as GPUBuffer;

it('knows what is there now, what was there at most, and by which name', () => {
  const ledger = new Ledger();
  const [a, b, c] = [buffer(100), buffer(30), buffer(50)];
  ledger.add(a, 'weights');
  ledger.add(b, 'cache');
  ledger.add(c, 'cache');
  expect(ledger.byLabel()).toEqual([
    ['weights', 100],
    ['cache', 80],
  ]);
  ledger.remove(a);
  expect(ledger.current).toBe(80);
  expect(ledger.peak).toBe(180);
  expect(ledger.byLabel()).toEqual([['cache', 80]]);
});

it('forgets a buffer once, and never one that it does not know', () => {
  const ledger = new Ledger();
  const known = buffer(16);
  ledger.add(known, 'known');
  ledger.remove(known);
  ledger.remove(known);
  ledger.remove(buffer(16));
  expect(ledger.current).toBe(0);
  expect(ledger.peak).toBe(16);
});
