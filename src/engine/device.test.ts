import { expect, it } from 'vitest';
import { Ledger } from './device';

/** The ledger reads only the size of a buffer. */
const buffer = (size: number) => ({ size }) as GPUBuffer;

it('counts the bytes that are on the device now and at most', () => {
  const ledger = new Ledger();
  const [a, b, c] = [buffer(100), buffer(30), buffer(50)];
  ledger.add(a);
  ledger.add(b);
  ledger.add(c);
  ledger.remove(a);
  expect(ledger.current).toBe(80);
  expect(ledger.peak).toBe(180);
});

it('subtracts a buffer once, and never an unknown one', () => {
  const ledger = new Ledger();
  const tracked = buffer(16);
  ledger.add(tracked);
  ledger.remove(tracked);
  ledger.remove(tracked);
  ledger.remove(buffer(16));
  expect(ledger.current).toBe(0);
  expect(ledger.peak).toBe(16);
});
