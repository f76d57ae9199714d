import { expect, it } from 'vitest';
import { welcome } from './start';

it('puts the address on a line of its own, and says how to stop', () => {
  const lines = welcome('http://localhost:4173/', false).split('\n');
  expect(lines.map((line) => line.trim())).toContain('http://localhost:4173/');
  expect(lines.join(' ')).toContain('Open it in your browser, which needs WebGPU: Chrome or Edge 121 or newer.');
  expect(lines.join(' ')).toContain('Ctrl-C');
});

it('says that the browser opens by itself only if it does', () => {
  expect(welcome('http://localhost:4173/', true)).toContain('Your browser opens it now. It needs WebGPU');
  expect(welcome('http://localhost:4173/', false)).not.toContain('opens it now');
});
