/** The problem in TensorFlow.js on its WebGPU backend, which has no compiler: fewer operations are all that helps. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
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
  weightOf,
} from './problem';

const ROWS = BATCH * SEQUENCE;
const { channels, heads, headSize, epsilon } = MODEL;

interface Constants {
  readonly weights: ReadonlyMap<string, tf.Tensor>;
  readonly tokens: tf.Tensor1D;
  readonly targets: tf.Tensor;
  /** [T, 1, headSize] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** [T, T]: −∞ above the diagonal, in f32's reach. */
  readonly causal: tf.Tensor;
}

const multiply = (a: tf.Tensor, b: tf.Tensor, transposeB = false): tf.Tensor => tf.matMul(a, b, false, transposeB);

function rmsNorm(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), weight);
}

/** [B, T, heads, headSize] */
function rotate(x: tf.Tensor, { cos, sin }: Constants): tf.Tensor {
  const [left, right] = tf.split(x, 2, -1);
  if (!left || !right) throw new Error('nothing to rotate');
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(right), left], -1), sin));
}

function lossOf(adapter: ReadonlyMap<string, tf.Tensor>, constants: Constants): tf.Scalar {
  const { weights, tokens, targets, causal } = constants;
  const weight = (name: string): tf.Tensor => weightOf(weights, name);
  const linear = (x: tf.Tensor, layer: number, module: TargetModule): tf.Tensor => {
    const [a, b] = loraNames(layer, module);
    const base = multiply(x, weight(`${projectionName(layer, module)}.weight`), true);
    const low = multiply(x, weightOf(adapter, a), true);
    return tf.add(base, tf.mul(multiply(low, weightOf(adapter, b), true), LORA.alpha / LORA.rank));
  };
  const byHead = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [BATCH, SEQUENCE, heads, headSize]);
  const swap = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3]);

  const embedding = weight('model.embed_tokens.weight');
  let x: tf.Tensor = tf.gather(embedding, tokens);
  for (let layer = 0; layer < MODEL.layers; layer++) {
    const normed = rmsNorm(x, weight(`model.layers.${layer}.input_layernorm.weight`));
    const q = swap(rotate(byHead(linear(normed, layer, 'q_proj')), constants));
    const k = swap(rotate(byHead(linear(normed, layer, 'k_proj')), constants));
    const v = swap(byHead(linear(normed, layer, 'v_proj')));
    const scores = tf.add(tf.mul(multiply(q, k, true), 1 / Math.sqrt(headSize)), causal);
    const attended = tf.reshape(swap(multiply(tf.softmax(scores), v)), [ROWS, channels]);
    x = tf.add(x, linear(attended, layer, 'o_proj'));
    const inner = rmsNorm(x, weight(`model.layers.${layer}.post_attention_layernorm.weight`));
    const gate = linear(inner, layer, 'gate_proj');
    const activated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(inner, layer, 'up_proj'));
    x = tf.add(x, linear(activated, layer, 'down_proj'));
  }
  const logits = multiply(rmsNorm(x, weight('model.norm.weight')), embedding, true);
  return tf.mul(tf.sum<tf.Scalar>(tf.mul(tf.logSoftmax(logits), targets)), -1 / TARGETS);
}

function onDevice({ shape, data }: Tensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}

function product(left: Tensor, right: Tensor): Product {
  const a = onDevice(left);
  const b = onDevice(right.shape.length === 1 ? { shape: [...right.shape, 1], data: right.data } : right);
  let last = multiply(a, b);
  return {
    async run(times) {
      for (let i = 0; i < times; i++) {
        last.dispose();
        last = multiply(a, b);
      }
      // One element, because reading is the only way to wait.
      const element = tf.tidy(() => tf.slice(tf.reshape(last, [-1]), 0, 1));
      await element.data();
      element.dispose();
    },
    async result() {
      return Float32Array.from(await last.data());
    },
  };
}

export async function tfjs(problem: Problem): Promise<Contender> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU.');
  await tf.ready();
  const causal = tf.tidy(() => tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([SEQUENCE, SEQUENCE]), -1, 0)), -1e30));
  const constants: Constants = {
    weights: new Map([...problem.weights].map(([name, tensor]) => [name, onDevice(tensor)])),
    tokens: tf.tensor1d(problem.tokens, 'int32'),
    targets: tf.tensor(oneHotTargets(problem.tokens), [ROWS, MODEL.vocabulary]),
    cos: tf.tensor(problem.cos, [SEQUENCE, 1, headSize]),
    sin: tf.tensor(problem.sin, [SEQUENCE, 1, headSize]),
    causal,
  };
  const adapter = new Map([...problem.adapter].map(([name, tensor]) => [name, tf.variable(onDevice(tensor), true, name)]));
  const variables = [...adapter.values()];
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
    matmul: product(...problem.matmul),
    matvec: product(...problem.matvec),
  };
}
