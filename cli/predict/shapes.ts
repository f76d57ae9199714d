/** The shape of every kernel that plans for GPUs use. */
import { assert } from '../../src/lib/assert';
import { ATTENTION_SHAPES } from './attention-shapes';
import { numberOf, type ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import { LINEAR_SHAPES } from './linear-shapes';
import { inRegisters, type KernelShape, type LoopShape } from './shape';

type Describe = (dispatch: ResolvedDispatch, gpu: Gpu) => KernelShape;

/** Rounds in which a threshold of the sampler is found, of at most 16. */
const ROUNDS = 8;

/** A loop over so many vec4s, which the threads of a workgroup share. */
const over = (vectors: number, { threads }: ResolvedDispatch): LoopShape => ({ trips: Math.ceil(vectors / threads) });

/** Reductions over a workgroup. */
const reduce = ({ threads }: ResolvedDispatch): LoopShape => inRegisters(Math.ceil(Math.log2(threads)));

const norm: Describe = (d, gpu) => {
  const row = over(numberOf(d, 'width'), d);
  return { loops: [{ ...row, wait: gpu.latency.dram }, reduce(d), row] };
};

const headNorm: Describe = (d) => {
  const head = over(numberOf(d, 'pairs'), d);
  return { loops: [head, reduce(d), head] };
};

const logprob: Describe = (d) => {
  const chunk = over(numberOf(d, 'chunk') / 4, d);
  return { loops: [chunk, reduce(d), chunk, reduce(d)] };
};

/** Vectors of a block of logits (sample.wgsl), and the part of the blocks that a threshold reads on average. */
const BLOCK = 16;
const ABOVE_THRESHOLD = 0.25;
const ABOVE_CUT = 0.15;

const sample: Describe = (d) => {
  const blocks = over(numberOf(d, 'count'), d);
  /** A loop over the blocks, of which a part is read. */
  const reading = (part: number): LoopShape => ({ ...blocks, inner: [{ trips: part * BLOCK }] });
  const threshold = (used: boolean): LoopShape => ({
    trips: used ? ROUNDS : 0,
    inner: [reading(ABOVE_THRESHOLD), reduce(d), reduce(d), reduce(d)],
  });
  const drawing = numberOf(d, 'temperature') > 0;
  const [byRank, byMass] = [drawing && numberOf(d, 'topK') > 0, drawing && numberOf(d, 'topP') < 1];
  return {
    loops: [
      blocks,
      reduce(d),
      threshold(byRank),
      byMass ? reading(byRank ? ABOVE_CUT : 0) : { ...reading(0), trips: 0 },
      reduce(d),
      threshold(byMass),
      reading(ABOVE_CUT),
      reduce(d),
    ],
  };
};

const summarise: Describe = () => ({ loops: [{ trips: BLOCK }, { trips: BLOCK }] });

/** Kernels whose threads compute one vector each. */
const elementwise: Describe = () => ({ loops: [] });

const SHAPES: Readonly<Record<string, Describe>> = {
  ...LINEAR_SHAPES,
  ...ATTENTION_SHAPES,
  'rmsnorm.forward': norm,
  'rmsnorm.backward': norm,
  'rope.forward': elementwise,
  'rope.backward': elementwise,
  'rope.forward_normed': headNorm,
  'rope.backward_normed': headNorm,
  'glu.forward': elementwise,
  'glu.backward': elementwise,
  'embedding.forward': elementwise,
  'logprob.forward': logprob,
  'logprob.backward': elementwise,
  'sample.summarise': summarise,
  'sample.forward': sample,
  // One thread adds the rows of a branch.
  'preference-loss.forward': (d) => {
    const rows = (d.bindings.logps?.bytes ?? 0) / 4 / numberOf(d, 'pairs') / 2;
    return { loops: [{ trips: rows }, { trips: rows }] };
  },
  'adamw.norm_parts': (d, gpu) => ({
    loops: [{ trips: Math.ceil(numberOf(d, 'size') / (d.threads * (d.grid[0] ?? 1))), wait: gpu.latency.dram }],
  }),
  'adamw.norm_total': (d) => ({ loops: [{ trips: (d.bindings.parts?.bytes ?? 0) / 4 }] }),
  'adamw.update': elementwise,
};

/** @throws if the kernel is not described here */
export function shapeOf(dispatch: ResolvedDispatch, gpu: Gpu): KernelShape {
  const describe = SHAPES[dispatch.kernel];
  assert(describe !== undefined, `cli/predict describes no kernel ${dispatch.kernel}`);
  return describe(dispatch, gpu);
}
