import { expect, it } from 'vitest';

const sources = import.meta.glob<string>('./**/*.ts', { query: '?raw', import: 'default', eager: true });

it('is the only file of the worker that loads code later', () => {
  const files = Object.entries(sources).filter(([path]) => !path.includes('.test.'));
  expect(files.length).toBeGreaterThan(30);
  const loading = files.filter(([, text]) => /(?<!typeof )\bimport\(/.test(text.replace(/^\s*(\/?\*|\/\/).*$/gm, '')));
  expect(loading.map(([path]) => path)).toEqual(['./lazy-modules.ts']);
});
