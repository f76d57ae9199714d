import { afterAll, beforeAll, expect, it } from 'vitest';
import activation from '../../shaders/lib/activation.wgsl?raw';
import loraNormed from '../../shaders/lib/lora_normed.wgsl?raw';
import singleNumbers from '../../shaders/lib/real_f32.wgsl?raw';
import { browserGpu, Device } from './device';
import { kernelCode, kernelInterface } from './kernel';
import { KEY_VALUE_LIBS } from './key-values';
import { keyConstants, keySplits } from './ops/attention-keys';
import { tileConstants } from './ops/attention-tiled';
import { gatedVariant, LINEAR_VARIANTS, linearKernel } from './ops/linear-variants';
import { downVariants, hiddenVariants, weightVariants } from './ops/lora';
import { REDUCTIONS, type Reduction } from './reduction';
import { WEIGHT_FORMATS, type WeightStorage, weightLibs } from './weight';

/** Every shader with every set of constants that its operation gives it. */
const shaders = import.meta.glob<string>('../../shaders/*.wgsl', { query: '?raw', import: 'default', eager: true });
type Variants = Reduction | { libs: readonly string[]; constants: Record<string, number | boolean> };
const STORAGES = Object.keys(WEIGHT_FORMATS) as WeightStorage[];
const ADAPTERS = [{ software: true }, { software: false }];
const PLAIN: readonly Variants[] = [{ libs: [], constants: {} }];
/** For keys and values of each type. */
const withKeyValues = (sets: readonly Variants[]): readonly Variants[] =>
  sets.flatMap(({ libs, constants }) =>
    Object.values(KEY_VALUE_LIBS).map((access) => ({ libs: [...access, ...libs], constants })),
  );
const VARIANTS: Readonly<Record<string, readonly Variants[]>> = {
  attention: withKeyValues([4, 16, 20].map((WIDTH) => ({ libs: [], constants: { WIDTH, GROUP: 64 } }))),
  'attention-keys': withKeyValues(
    [
      { heads: 9, kvHeads: 3, headSize: 64 },
      { heads: 4, kvHeads: 1, headSize: 256 },
    ].flatMap((heads) =>
      Object.values(keySplits(heads)).map((split) => ({ libs: [], constants: keyConstants(heads, split) })),
    ),
  ),
  'attention-tiled': withKeyValues(
    [
      { heads: 9, kvHeads: 3, headSize: 64 },
      { heads: 4, kvHeads: 1, headSize: 256 },
      { heads: 7, kvHeads: 1, headSize: 72 },
    ].flatMap((heads) =>
      (['forward', 'backward_q', 'backward_kv'] as const).map((entry) => ({
        libs: [],
        constants: tileConstants(entry, heads),
      })),
    ),
  ),
  embedding: ADAPTERS.flatMap((adapter) =>
    STORAGES.map((type) => ({ libs: weightLibs(type, adapter), constants: {} })),
  ),
  glu: [true, false].map((GELU) => ({ libs: [activation], constants: { GELU } })),
  linear: [
    ...Object.values(LINEAR_VARIANTS.forward),
    ...Object.values(LINEAR_VARIANTS.backward),
    ...(['silu', 'gelu_tanh'] as const).flatMap((act) =>
      Object.values(LINEAR_VARIANTS.forward).flatMap((variant) => gatedVariant(variant, act) ?? []),
    ),
  ].flatMap((variant) =>
    STORAGES.map((type) => linearKernel(variant, type, { software: variant.only === 'software' })),
  ),
  logprob: Object.values(REDUCTIONS),
  lora: [
    ...Object.values(downVariants(16)),
    ...Object.values(hiddenVariants(4)),
    ...[4, 8, 16].flatMap((cols) => Object.values(weightVariants(64, cols))),
  ].flatMap(({ constants }) => [
    { libs: [], constants },
    { libs: [loraNormed], constants },
  ]),
  probe: [{ libs: [singleNumbers], constants: { CHAINS: 2 } }],
  rmsnorm: Object.values(REDUCTIONS),
  rope: withKeyValues(Object.values(REDUCTIONS)),
  sample: Object.values(REDUCTIONS),
};

const cases = Object.entries(shaders).flatMap(([path, code]) => {
  const name = /([\w-]+)\.wgsl$/.exec(path)?.[1] ?? path;
  const entries = [...code.matchAll(/@compute[^{]*?fn (\w+)/g)].map((match) => match[1] ?? '');
  const sets = VARIANTS[name] ?? PLAIN;
  return sets.map((set, i) => ({
    name,
    i,
    entries,
    variant: { source: { name, code }, entry: entries[0] ?? '', ...set },
  }));
});

let device: Device;
beforeAll(async () => {
  device = await Device.open(browserGpu());
});
afterAll(() => device.destroy());

it.each(cases)('$name.wgsl compiles without a message, variant $i', async ({ entries, variant }) => {
  expect(entries.length).toBeGreaterThan(0);
  const info = await device.gpu.createShaderModule({ code: kernelCode(variant) }).getCompilationInfo();
  expect(info.messages.map(({ lineNum, message }) => `${lineNum}: ${message}`)).toEqual([]);
  const { bindings, uniforms } = kernelInterface(variant);
  expect(bindings.get('params')?.type).toBe('uniform');
  expect(uniforms.size).toBeGreaterThan(0);
});
