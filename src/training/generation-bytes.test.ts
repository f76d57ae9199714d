import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bufferBytes } from '../engine/device';
import { MemorySource } from '../formats/byte-source';
import { openSafetensors } from '../formats/safetensors';
import { parseConfig } from '../model/config';
import { cacheBytes } from '../model/generation-plans';
import { weightBytes } from '../model/weights';
import { PRESETS } from '../recipe/presets';
import { generationBytes } from './generation-bytes';
import { planRecipe } from './recipe-plan';

const read = (file: string) =>
  Uint8Array.from(readFileSync(new URL(`../../public/models/tiny-thinker/${file}`, import.meta.url)));
const config = parseConfig(JSON.parse(new TextDecoder().decode(read('config.json'))));
const weights = await openSafetensors(new MemorySource('model.safetensors', read('model.safetensors')));
const device = { maxStorageBufferBindingSize: 2 ** 27, expandWeights: true, choices: {} };
const recipe = { ...PRESETS.quick, checkpointing: true };
const plan = planRecipe({ config, weights }, recipe, 90, device);

it('is weights, adapters, cache, its own inputs and its own activations', () => {
  const { lanes, prefillRows, maxPrompt, maxNewTokens } = plan.spec.generation;
  const words = [4, (maxPrompt + maxNewTokens) * config.headSize, ...rows(prefillRows), ...rows(lanes)];
  const state = ['lanes', 'written', 'uniforms prefill', 'uniforms decode', 'staging'].map(
    (name) => plan.allocations.find(({ label }) => label === name)?.bytes ?? Number.NaN,
  );
  // Plans that never run at once share their i-th largest buffer.
  const [prefill, decode] = [plan.arenas.prefill, plan.arenas.decode].map(({ sizes }) => [...sizes].sort((a, b) => b - a));
  const longest = Math.max(prefill?.length ?? 0, decode?.length ?? 0);
  const arenas = Array.from({ length: longest }, (_, i) => Math.max(prefill?.[i] ?? 0, decode?.[i] ?? 0));
  const buffers = [
    ...recipe.arms.map(() => plan.spec.adapter.size * 4),
    ...Array.from({ length: config.layers }, () => cacheBytes(config, plan.spec.generation)),
    ...words.map((count) => count * 4),
    ...state,
    ...arenas,
  ];
  const bytes = buffers.reduce((sum, size) => sum + bufferBytes(size), weightBytes(plan.spec.weights));
  expect(generationBytes(plan)).toBe(bytes);
  expect(bytes).toBeLessThan(plan.bytes);
});

/** tokens, positions, place, ranges. */
function rows(count: number): number[] {
  return [count, count, count, 4 * count];
}
