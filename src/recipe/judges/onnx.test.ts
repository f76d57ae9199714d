import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BUNDLED_JUDGE } from './onnx';

it('states the size of the bundled judge', () => {
  const sizes = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json'].map(
    (file) => statSync(new URL(`../../../public/models/${BUNDLED_JUDGE.name}/${file}`, import.meta.url)).size,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(BUNDLED_JUDGE.bytes);
});
