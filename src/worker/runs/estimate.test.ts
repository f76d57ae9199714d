import { expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { WorkspacePlan } from '../../training/workspace-plan';
import { estimateOf, refusal, UnusablePromptSet } from './estimate';

const MIB = 2 ** 20;
const device = {
  name: 'small',
  kind: 'slow',
  speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
  features: [],
  maxBufferSize: 256 * MIB,
  maxStorageBufferBindingSize: 128 * MIB,
} as const;

function plan(cacheBytes: number) {
  const allocations = [
    { part: 'KV cache', label: 'cache 0', bytes: cacheBytes },
    { part: 'activations', label: 'arena 0', bytes: 4 * MIB },
  ];
  const parts = allocations.map(({ part, bytes }) => ({ name: part, bytes }));
  const spec = { generation: { lanes: 64 } };
  return { allocations, parts, spec, bytes: cacheBytes + 4 * MIB } as unknown as WorkspacePlan;
}
const recipe: Recipe = { ...PRESETS.quick, lanes: 64 };

it('accepts a plan that fits, with its exact bytes', () => {
  expect(estimateOf(plan(128 * MIB), recipe, device, 60)).toMatchObject({
    bytes: 132 * MIB,
    lanes: 64,
    refused: null,
    field: null,
    seconds: 60,
  });
});

it('refuses a buffer that the device cannot bind, and names the value to change', () => {
  const { refused, field } = estimateOf(plan(129 * MIB), recipe, device, null);
  expect(field).toBe('lanes');
  expect(refused).toBe(
    'KV cache would need a buffer of 129 MiB; this device allows at most 128 MiB: lower lanes (now 64), or set ' +
      'kvCache to f16.',
  );
  const half = estimateOf(plan(129 * MIB), { ...PRESETS.quick, kvCache: 'f16' }, device, null);
  expect(half.refused).toMatch(/: lower lanes \(now 64\)\.$/);
});

it('names another value where the run chooses its lanes: none of its numbers fits', () => {
  const { refused, field } = estimateOf(plan(129 * MIB), { ...recipe, lanes: 'auto' }, device, null);
  expect(field).toBe('maxNewTokens');
  expect(refused).toContain('lower maxNewTokens (now 80), or set kvCache to f16.');
});

it.each(['prompts', 'heldout'] as const)('names the field whose prompt set cannot be used: %s', (field) => {
  const gone = new LabError('not-found', 'The prompt set "x" is not stored in this browser.', 'Choose another one.');
  expect(refusal(new UnusablePromptSet(field, gone))).toMatchObject({
    field,
    refused: 'The prompt set "x" is not stored in this browser. Choose another one.',
  });
  expect(refusal(new LabError('not-found', 'No such model.'))).toMatchObject({ field: 'model' });
});
