/** The problem in TensorFlow.js on WebGPU. The backend has no compiler, so only fewer operations help. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { at } from '../src/lib/assert';
import type { Contender, Product } from './contender';
import { GROUP_NAMES, type Group, grouped } from './grouped';
import {
  ADAM,
  BATCH,
  LORA,
  MODEL,
  oneHotTargets,
  type Problem,
  SEQUENCE,
  TARGETS,
  type Tensor,
  weightOf,
} from './problem';

const ROWS = BATCH * SEQUENCE;
const { channels, heads, headSize, epsilon } = MODEL;

type Adapter = Readonly<Record<Group, { readonly a: tf.Variable; readonly b: tf.Variable }>>;

interface Constants {
  readonly norms: ReadonlyMap<string, tf.Tensor>;
  readonly projections: Readonly<
    Record<Group, { readonly weights: readonly tf.Tensor[]; readonly scaledMask: tf.Tensor }>
  >;
  readonly embedding: tf.Tensor;
  readonly tokens: tf.Tensor1D;
  readonly targets: tf.Tensor;
  /** [T, headSize]. The first half of the sine is negated, so that the rotation only swaps halves. */
  readonly cos: tf.Tensor;
  readonly signedSin: tf.Tensor;
  /** [T, T]: 0 up to the diagonal, and so negative above it that the softmax gives 0. */
  readonly causal: tf.Tensor;
}

function halves(x: tf.Tensor, axis: number): [tf.Tensor, tf.Tensor] {
  const [left, right] = tf.split(x, 2, axis);
  if (!left || !right) throw new Error('nothing to split');
  return [left, right];
}

function rmsNorm(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), weight);
}

function lossOf(adapter: Adapter, constants: Constants): tf.Scalar {
  const { norms, projections, embedding, tokens, targets, cos, signedSin, causal } = constants;
  const perLayer = (group: Group) => {
    const { weights, scaledMask } = projections[group];
    const a = tf.unstack(adapter[group].a);
    const b = tf.unstack(tf.mul(adapter[group].b, scaledMask));
    return (x: tf.Tensor, layer: number): tf.Tensor => {
      const base = tf.matMul(x, at(weights, layer), false, true);
      return tf.add(base, tf.matMul(tf.matMul(x, at(a, layer), false, true), at(b, layer), false, true));
    };
  };
  const qkv = perLayer('qkv');
  const o = perLayer('o');
  const gateUp = perLayer('gateUp');
  const down = perLayer('down');

  let x: tf.Tensor = tf.gather(embedding, tokens);
  for (let layer = 0; layer < MODEL.layers; layer++) {
    const projected = qkv(rmsNorm(x, weightOf(norms, `model.layers.${layer}.input_layernorm.weight`)), layer);
    const byHead = tf.transpose(tf.reshape(projected, [BATCH, SEQUENCE, 3 * heads, headSize]), [0, 2, 1, 3]);
    const [queriesAndKeys, values] = tf.split(byHead, [2 * heads, heads], 1);
    if (!queriesAndKeys || !values) throw new Error('nothing to attend');
    const [left, right] = halves(queriesAndKeys, -1);
    const rotated = tf.add(tf.mul(queriesAndKeys, cos), tf.mul(tf.concat([right, left], -1), signedSin));
    const [queries, keys] = halves(rotated, 1);
    const scores = tf.add(tf.mul(tf.matMul(queries, keys, false, true), 1 / Math.sqrt(headSize)), causal);
    const attended = tf.transpose(tf.matMul(tf.softmax(scores), values), [0, 2, 1, 3]);
    x = tf.add(x, o(tf.reshape(attended, [ROWS, channels]), layer));
    const normed = rmsNorm(x, weightOf(norms, `model.layers.${layer}.post_attention_layernorm.weight`));
    const [gate, up] = halves(gateUp(normed, layer), 1);
    x = tf.add(x, down(tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), layer));
  }
  const logits = tf.matMul(rmsNorm(x, weightOf(norms, 'model.norm.weight')), embedding, false, true);
  // Sum rows first, because a sum over everything at once runs in a single workgroup.
  const byRow = tf.sum(tf.mul(tf.logSoftmax(logits), targets), -1);
  return tf.mul(tf.sum<tf.Scalar>(byRow), -1 / TARGETS);
}

function onDevice({ shape, data }: Tensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}

function product(multiply: () => tf.Tensor): Product {
  let last = multiply();
  return {
    async run(times) {
      for (let i = 0; i < times; i++) {
        last.dispose();
        last = multiply();
      }
      // Read one element, because reading is the only way to wait for the device.
      const element = tf.tidy(() => tf.slice(tf.reshape(last, [-1]), 0, 1));
      await element.data();
      element.dispose();
    },
    async result() {
      return Float32Array.from(await last.data());
    },
  };
}

function frozen(problem: Problem): Constants {
  const weightsOf = (group: Group) => {
    const { weights, b, mask } = grouped(problem, group);
    const blocks = mask ? onDevice(mask) : tf.ones(b.shape.slice(1));
    return { weights: weights.map(onDevice), scaledMask: tf.mul(blocks, LORA.alpha / LORA.rank) };
  };
  const upper = tf.sub(1, tf.linalg.bandPart(tf.ones([SEQUENCE, SEQUENCE]), -1, 0));
  const sin = tf.tensor(problem.sin, [SEQUENCE, headSize]);
  const [left, right] = halves(sin, -1);
  return {
    norms: new Map(
      [...problem.weights].filter(([, { shape }]) => shape.length === 1).map(([name, norm]) => [name, onDevice(norm)]),
    ),
    projections: { qkv: weightsOf('qkv'), o: weightsOf('o'), gateUp: weightsOf('gateUp'), down: weightsOf('down') },
    embedding: onDevice(weightOf(problem.weights, 'model.embed_tokens.weight')),
    tokens: tf.tensor1d(problem.tokens, 'int32'),
    targets: tf.tensor(oneHotTargets(problem.tokens), [ROWS, MODEL.vocabulary]),
    cos: tf.tensor(problem.cos, [SEQUENCE, headSize]),
    signedSin: tf.concat([tf.neg(left), right], -1),
    causal: tf.mul(upper, -1e30),
  };
}

export async function tfjs(problem: Problem): Promise<Contender> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU.');
  await tf.ready();
  const constants = frozen(problem);
  const trained = (group: Group) => {
    const { a, b } = grouped(problem, group);
    return { a: tf.variable(onDevice(a)), b: tf.variable(onDevice(b)) };
  };
  const adapter: Adapter = { qkv: trained('qkv'), o: trained('o'), gateUp: trained('gateUp'), down: trained('down') };
  const variables = GROUP_NAMES.flatMap((group) => [adapter[group].a, adapter[group].b]);
  const [left, right] = problem.matmul.map(onDevice);
  const [weight, vector] = problem.matvec.map(onDevice);
  if (!left || !right || !weight || !vector) throw new Error('The problem has no products.');
  const row = tf.reshape(vector, [1, vector.size]);
  const optimizer = tf.train.adam(ADAM.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon);
  return {
    name: 'tfjs',
    async trainStep() {
      const loss = optimizer.minimize(() => lossOf(adapter, constants), true, variables);
      const [value] = loss ? await loss.data() : [];
      loss?.dispose();
      if (value === undefined) throw new Error('TensorFlow.js gave no loss.');
      return value;
    },
    matmul: product(() => tf.matMul(left, right)),
    matvec: product(() => tf.matMul(row, weight, false, true)),
  };
}
