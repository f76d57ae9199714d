/** The problem in jax-js: one jitted function holds the whole step, so that it fuses what it can. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { TargetModule } from '../src/recipe/recipe';
import type { Contender, Product } from './contender';
import {
  ADAM,
  BATCH,
  LORA,
  loraNames,
  MODEL,
  oneHotTargets,
  type Problem,
  projectionName,
  SEQUENCE,
  TARGETS,
  type Tensor,
} from './problem';

// jax-js moves: passing an array consumes it, `.ref` keeps it. Every frozen weight is used once, so it is moved.
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

/** [B, T, heads, headSize]; the tables are [T, 1, headSize]. */
function rotate(x: np.Array, cos: np.Array, sin: np.Array): np.Array {
  const left = x.ref.slice([], [], [], [0, headSize / 2]);
  const right = x.ref.slice([], [], [], [headSize / 2]);
  return x.mul(cos).add(np.concatenate([right.neg(), left], -1).mul(sin));
}

function lossOf(adapter: Arrays, weights: Arrays, tokens: np.Array, targets: np.Array, cos: np.Array, sin: np.Array): np.Array {
  const linear = (x: np.Array, layer: number, module: TargetModule): np.Array => {
    const [a, b] = loraNames(layer, module);
    const base = np.matmul(x.ref, get(weights, `${projectionName(layer, module)}.weight`).transpose());
    const low = np.matmul(x, get(adapter, a).transpose());
    return base.add(np.matmul(low, get(adapter, b).transpose()).mul(LORA.alpha / LORA.rank));
  };
  const byHead = (x: np.Array): np.Array => x.reshape([BATCH, SEQUENCE, heads, headSize]);

  const embedding = get(weights, 'model.embed_tokens.weight');
  let x = np.take(embedding.ref, tokens, 0);
  for (let layer = 0; layer < MODEL.layers; layer++) {
    const normed = rmsNorm(x.ref, get(weights, `model.layers.${layer}.input_layernorm.weight`));
    const q = rotate(byHead(linear(normed.ref, layer, 'q_proj')), cos.ref, sin.ref);
    const k = rotate(byHead(linear(normed.ref, layer, 'k_proj')), cos.ref, sin.ref);
    const v = byHead(linear(normed, layer, 'v_proj'));
    const attended = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([ROWS, channels]);
    x = x.add(linear(attended, layer, 'o_proj'));
    const inner = rmsNorm(x.ref, get(weights, `model.layers.${layer}.post_attention_layernorm.weight`));
    const gate = nn.silu(linear(inner.ref, layer, 'gate_proj'));
    x = x.add(linear(gate.mul(linear(inner, layer, 'up_proj')), layer, 'down_proj'));
  }
  cos.dispose();
  sin.dispose();
  const logits = np.matmul(rmsNorm(x, get(weights, 'model.norm.weight')), embedding.transpose());
  return nn.logSoftmax(logits, -1).mul(targets).sum().mul(-1 / TARGETS);
}

type State = { adapter: Arrays; first: Arrays; second: Arrays };

function step(
  { adapter, first, second }: State,
  weights: Arrays,
  tokens: np.Array,
  targets: np.Array,
  cos: np.Array,
  sin: np.Array,
  correction1: np.Array,
  correction2: np.Array,
): { loss: np.Array; state: State } {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(adapter), weights, tokens, targets, cos, sin);
  const next: State = { adapter: {}, first: {}, second: {} };
  for (const name of Object.keys(adapter)) {
    const gradient = get(gradients, name);
    const m = get(first, name).mul(ADAM.beta1).add(gradient.ref.mul(1 - ADAM.beta1));
    const v = get(second, name).mul(ADAM.beta2).add(np.square(gradient).mul(1 - ADAM.beta2));
    const denominator = np.sqrt(v.ref.mul(correction2.ref)).add(ADAM.epsilon);
    next.adapter[name] = get(adapter, name).sub(m.ref.mul(correction1.ref).div(denominator).mul(ADAM.learningRate));
    next.first[name] = m;
    next.second[name] = v;
  }
  correction1.dispose();
  correction2.dispose();
  return { loss, state: next };
}

const onDevice = ({ shape, data }: Tensor): np.Array => np.array(data, { shape: [...shape] });
const mapArrays = (tensors: ReadonlyMap<string, Tensor>, make: (tensor: Tensor) => np.Array): Arrays =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [name, make(tensor)]));

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
  const weights = mapArrays(problem.weights, onDevice);
  const zeros = ({ shape }: Tensor): np.Array => np.zeros([...shape]);
  let state: State = {
    adapter: mapArrays(problem.adapter, onDevice),
    first: mapArrays(problem.adapter, zeros),
    second: mapArrays(problem.adapter, zeros),
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
      const { loss, state: next } = compiled(
        state,
        tree.ref(weights),
        tokens.ref,
        targets.ref,
        cos.ref,
        sin.ref,
        np.array(1 / (1 - ADAM.beta1 ** steps)),
        np.array(1 / (1 - ADAM.beta2 ** steps)),
      );
      state = next;
      const [value] = await loss.data();
      if (value === undefined) throw new Error('jax-js gave no loss.');
      return value;
    },
    matmul: product(np.matmul, ...problem.matmul),
    matvec: product(np.matmul, ...problem.matvec),
  };
}
