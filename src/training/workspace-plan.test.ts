import { expect, it } from 'vitest';
import { shareArenas } from '../engine/arena';
import { bufferBytes } from '../engine/device';
import { Planner } from '../engine/planner';
import { UNTUNED } from '../engine/tuning';
import { PRESETS } from '../recipe/presets';
import { type DeviceTraits, planRecipe } from './recipe-plan';
import { SMALL_MODEL as model } from './testing/small-model';
import { generationBytes, planWorkspace, type WorkspacePlan } from './workspace-plan';

const { config } = model;

const device: DeviceTraits = { maxStorageBufferBindingSize: 2 ** 30, expandWeights: false, tuning: UNTUNED };
const plan = (change: object) =>
  planRecipe(model, { ...PRESETS.quick, lanes: 64, ...change }, { prompt: 40, verdict: null }, device);

const ONLY_TRAINING = [
  ...['adapter direct', 'adapter grad', 'adam m', 'adam v', 'norm'],
  ...[
    'tokens',
    'positions',
    'kvRows',
    'ranges',
    'visibleTo',
    'targets',
    'branchOf',
    'branches',
    'reference',
    'results',
    'dbranch',
  ],
  ...['uniforms scoring', 'uniforms gradient', 'uniforms update'],
];

it('generationBytes is the memory of a run without the buffers of training', () => {
  const { allocations, arenas, arenaSizes, bytes } = plan({});
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + bufferBytes(size), 0);
  const training = allocations
    .filter(({ label }) => ONLY_TRAINING.includes(label))
    .map((allocation) => allocation.bytes);
  expect(training.length).toBe(ONLY_TRAINING.length);
  const smaller = sum(arenaSizes) - sum(shareArenas([arenas.prefill, arenas.decode]));
  expect(smaller).toBeGreaterThan(0);
  expect(generationBytes(plan({}))).toBe(bytes - sum(training) - smaller);
});

it('generationBytes does not depend on how the model is trained', () => {
  const bytes = generationBytes(plan({}));
  for (const change of [{ checkpointing: true }, { pairsPerStep: 32 }, { arms: ['thinking'] }]) {
    expect(generationBytes(plan(change))).toBe(bytes);
  }
  expect(generationBytes(plan({ lanes: 128 }))).toBeGreaterThan(bytes);
  expect(generationBytes(plan({ rank: 64 }))).toBeGreaterThan(bytes);
});

it('a cache in f16 takes half the memory of one in f32', () => {
  const [single, half] = [plan({}), plan({ kvCache: 'f16' })];
  const cacheOf = ({ parts }: WorkspacePlan) => parts.find(({ name }) => name === 'KV cache')?.bytes ?? 0;
  expect(cacheOf(half)).toBeGreaterThan(0);
  expect(cacheOf(single)).toBe(2 * cacheOf(half));
  expect(single.bytes - half.bytes).toBe(cacheOf(half));
  const types = ({ dispatches }: WorkspacePlan) => {
    const bound = Object.values(dispatches).flatMap((of) => of.flatMap(({ bindings }) => [...bindings.values()]));
    return new Set(bound.filter(({ tensor }) => tensor.dtype === 'f16').map(({ tensor }) => tensor.label));
  };
  // Training and scoring stay in f32.
  expect([...types(half)].sort()).toEqual(['cache 0', 'cache 1']);
  expect(types(single).size).toBe(0);
});

it('attention to a cache in f16 is tuned on its own', () => {
  const attention = (change: object) =>
    [...plan(change).decisions.values()].filter(({ key }) => key.startsWith('attention.forward'));
  const isHalf = ({ key }: { key: string }) => key.includes(' keys of f16');
  expect(attention({}).length).toBeGreaterThan(2);
  expect(attention({}).filter(isHalf)).toEqual([]);
  const half = attention({ kvCache: 'f16' }).filter(isHalf);
  // Prefill and decoding.
  expect(half).toHaveLength(2);
  for (const { measure } of half) {
    const alone = new Planner(UNTUNED);
    measure(alone);
    expect(alone.dispatches[0]?.bindings.get('kv')?.tensor.dtype).toBe('f16');
  }
});

it('has a position for every token of generation, training and verdicts, up to the context', () => {
  const { spec, positions, allocations } = plan({});
  const { generation, batch } = spec;
  expect(batch.longest).toBe(generation.maxPrompt + generation.maxNewTokens);
  expect(positions).toBe(Math.min(config.context, batch.longest));
  const table = (of: WorkspacePlan) => of.allocations.find(({ label }) => label === 'ropeTable')?.bytes ?? 0;
  const changed = (longest: number) => planWorkspace({ ...spec, batch: { ...batch, longest } });
  const short = planWorkspace({ ...spec, generation: { ...generation, maxPrompt: 1, maxNewTokens: 1 } });
  expect(short.positions).toBe(positions);
  expect(changed(config.context).positions).toBe(config.context);
  expect(table(changed(config.context)) / table({ ...short, allocations })).toBeCloseTo(
    config.context / positions,
    12,
  );
  expect(() => changed(config.context + 1)).toThrow(
    expect.objectContaining({
      code: 'batch-limit',
      message: "The longest training sequence has 257 tokens; the model's context has 256.",
    }),
  );
});
