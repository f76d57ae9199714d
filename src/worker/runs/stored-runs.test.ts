import { expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import { runName } from './stored-runs';

it('names a run by its model and judge, and numbers equal names', () => {
  expect(runName(PRESETS.quick, [])).toBe('tiny-thinker, rule judge');
  expect(runName({ ...PRESETS.quick, model: 'mine', judge: 'onnx' }, [])).toBe('mine, tiny-judge');
  const others = [{ name: 'tiny-thinker, rule judge' }, { name: 'tiny-thinker, rule judge 3' }];
  expect(runName(PRESETS.quick, others)).toBe('tiny-thinker, rule judge 2');
});
