import { expect, it } from 'vitest';
import { Speed } from './speed';

it('is unknown for a second, then measured over the last ten', () => {
  const speed = new Speed();
  expect(speed.bytesPerSecond()).toBeNull();
  speed.add(0, 1000);
  speed.add(500, 2000);
  expect(speed.bytesPerSecond()).toBeNull();
  speed.add(1000, 3000);
  expect(speed.bytesPerSecond()).toBe(2000);
  for (let second = 2; second <= 30; second++) speed.add(second * 1000, 3000 + (second - 1) * 100);
  expect(speed.bytesPerSecond()).toBe(100);
  expect(speed.secondsLeft(1500)).toBe(15);
});

it('starts again with the file, and gives no time left if nothing arrives', () => {
  const speed = new Speed();
  speed.add(0, 0);
  speed.add(2000, 5000);
  speed.add(2500, 0);
  expect(speed.bytesPerSecond()).toBeNull();
  speed.add(4500, 0);
  expect(speed.bytesPerSecond()).toBe(0);
  expect(speed.secondsLeft(10)).toBeNull();
});
