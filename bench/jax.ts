/** The problem in jax-js. One jitted function contains the whole step, so that jax-js can fuse operations. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { Contender, Product } from './contender';
import { GROUP_NAMES, type Group, grouped } from './grouped';
import { ADAM, BATCH, LORA, MODEL, oneHotTargets, type Problem, SEQUENCE, TARGETS, type Tensor } from './problem';

// In jax-js, passing an array consumes it and `.ref` keeps it. Every frozen weight is used once, so it is consumed.
type Arrays = { [name: string]: np.Array };

const ROWS = BATCH * SEQUENCE;
const { channels, heads, headSize, epsilon } = MODEL;

function get(arrays: Arrays, name: string): np.Array {
  const array = arrays[name];
  if (!array) throw new Error(`no array ${name}`);
  return array;
}

function rmsNorm(x: np.Array, weight: np.Array): np.Array {
  const scale = np.reciprocal(np.sqrt(np.square(x.ref).mean(-1, { keepdims: true }).add(epsilon)));
  return x.mul(scale).mul(weight);
}

/** @param x [B, T, heads, headSize]; the tables are [T, 1, headSize] */
function rotate(x: np.Array, cos: np.Array, sin: np.Array): np.Array {
  const left = x.ref.slice([], [], [], [0, headSize / 2]);
  const right = x.ref.slice([], [], [], [headSize / 2]);
  return x.mul(cos).add(np.concatenate([right.neg(), left], -1).mul(sin));
}

type Adapter = { [group in Group]: { a: np.Array; b: np.Array } };

function lossOf(
  adapter: Adapter,
  weights: Arrays,
  tokens: np.Array,
  targets: np.Array,
  cos: np.Array,
  sin: np.Array,
): np.Array {
  const linear = (x: np.Array, layer: number, group: Group): np.Array => {
    const a = adapter[group].a.ref.slice(layer);
    const masked = weights[`${group}.mask`]?.ref;
    const b = adapter[group].b.ref.slice(layer);
    const base = np.matmul(x.ref, get(weights, `${group}.${layer}`).transpose());
    const low = np.matmul(x, a.transpose());
    return base.add(np.matmul(low, (masked ? b.mul(masked) : b).transpose()).mul(LORA.alpha / LORA.rank));
  };
  const part = (x: np.Array, n: number, size: number): np.Array => x.slice([], [n * size, (n + 1) * size]);
  const head = (x: np.Array, n: number): np.Array => part(x, n, channels).reshape([BATCH, SEQUENCE, heads, headSize]);

  const embedding = get(weights, 'model.embed_tokens.weight');
  let x = np.take(embedding.ref, tokens, 0);
  for (let layer = 0; layer < MODEL.layers; layer++) {
    const qkv = linear(rmsNorm(x.ref, get(weights, `model.layers.${layer}.input_layernorm.weight`)), layer, 'qkv');
    const q = rotate(head(qkv.ref, 0), cos.ref, sin.ref);
    const k = rotate(head(qkv.ref, 1), cos.ref, sin.ref);
    const attended = nn.dotProductAttention(q, k, head(qkv, 2), { isCausal: true }).reshape([ROWS, channels]);
    x = x.add(linear(attended, layer, 'o'));
    const normed = rmsNorm(x.ref, get(weights, `model.layers.${layer}.post_attention_layernorm.weight`));
    const gateUp = linear(normed, layer, 'gateUp');
    const activated = nn.silu(part(gateUp.ref, 0, MODEL.hidden)).mul(part(gateUp, 1, MODEL.hidden));
    x = x.add(linear(activated, layer, 'down'));
  }
  const logits = np.matmul(rmsNorm(x, get(weights, 'model.norm.weight')), embedding.transpose());
  tree.dispose([adapter, cos, sin]);
  for (const group of GROUP_NAMES) weights[`${group}.mask`]?.dispose();
  return nn
    .logSoftmax(logits, -1)
    .mul(targets)
    .sum()
    .mul(-1 / TARGETS);
}

type State = { adapter: Adapter; first: Adapter; second: Adapter };

/**
 * Learning rate and Adam's bias corrections are scalars on the device, so that every step runs the same program.
 */
type Scalars = { correction1: np.Array; correction2: np.Array };

function step(
  { adapter, first, second }: State,
  weights: Arrays,
  tokens: np.Array,
  targets: np.Array,
  cos: np.Array,
  sin: np.Array,
  { correction1, correction2 }: Scalars,
): { loss: np.Array; state: State } {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(adapter), weights, tokens, targets, cos, sin);
  const m = tree.map((m: np.Array, g: np.Array) => m.mul(ADAM.beta1).add(g.ref.mul(1 - ADAM.beta1)), first, gradients);
  const v = tree.map(
    (v: np.Array, g: np.Array) => v.mul(ADAM.beta2).add(np.square(g).mul(1 - ADAM.beta2)),
    second,
    gradients,
  );
  const updated = tree.map(
    (p: np.Array, m: np.Array, v: np.Array) => {
      const denominator = np.sqrt(v.ref.mul(correction2.ref)).add(ADAM.epsilon);
      return p.sub(m.ref.mul(correction1.ref).div(denominator).mul(ADAM.learningRate));
    },
    adapter,
    m,
    v,
  );
  tree.dispose([correction1, correction2]);
  return { loss, state: { adapter: updated, first: m, second: v } };
}

const onDevice = ({ shape, data }: Tensor): np.Array => np.array(data, { shape: [...shape] });

function adapterOf(problem: Problem, make: (tensor: Tensor) => np.Array): Adapter {
  const of = (group: Group) => {
    const { a, b } = grouped(problem, group);
    return { a: make(a), b: make(b) };
  };
  return { qkv: of('qkv'), o: of('o'), gateUp: of('gateUp'), down: of('down') };
}

function frozen(problem: Problem): Arrays {
  const arrays: Arrays = {};
  for (const [name, tensor] of problem.weights) if (!name.includes('_proj')) arrays[name] = onDevice(tensor);
  for (const group of GROUP_NAMES) {
    const { weights, mask } = grouped(problem, group);
    for (const [layer, weight] of weights.entries()) arrays[`${group}.${layer}`] = onDevice(weight);
    if (mask) arrays[`${group}.mask`] = onDevice(mask);
  }
  return arrays;
}

function product(multiply: (x: np.Array, y: np.Array) => np.Array, left: Tensor, right: Tensor): Product {
  const x = onDevice(left);
  const y = onDevice(right);
  const compiled = jit(multiply);
  let last = compiled(x.ref, y.ref);
  return {
    async run(times) {
      const results: np.Array[] = [];
      for (let i = 0; i < times; i++) results.push(compiled(x.ref, y.ref));
      await blockUntilReady(results);
      for (const result of results) {
        last.dispose();
        last = result;
      }
    },
    async result() {
      return Float32Array.from(await last.ref.data());
    },
  };
}

export async function jax(problem: Problem): Promise<Contender> {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU.');
  defaultDevice('webgpu');
  const compiled = jit(step);
  const weights = frozen(problem);
  const zeros = ({ shape }: Tensor): np.Array => np.zeros([...shape]);
  let state: State = {
    adapter: adapterOf(problem, onDevice),
    first: adapterOf(problem, zeros),
    second: adapterOf(problem, zeros),
  };
  const tokens = np.array(problem.tokens);
  const targets = np.array(oneHotTargets(problem.tokens), { shape: [ROWS, MODEL.vocabulary] });
  const cos = np.array(problem.cos, { shape: [SEQUENCE, 1, headSize] });
  const sin = np.array(problem.sin, { shape: [SEQUENCE, 1, headSize] });
  let steps = 0;
  return {
    name: 'jax-js',
    async trainStep() {
      steps++;
      const { loss, state: next } = compiled(state, tree.ref(weights), tokens.ref, targets.ref, cos.ref, sin.ref, {
        correction1: np.array(1 / (1 - ADAM.beta1 ** steps)),
        correction2: np.array(1 / (1 - ADAM.beta2 ** steps)),
      });
      state = next;
      const [value] = await loss.data();
      if (value === undefined) throw new Error('jax-js gave no loss.');
      return value;
    },
    matmul: product(np.matmul, ...problem.matmul),
    matvec: product(np.matmul, ...problem.matvec),
  };
}
