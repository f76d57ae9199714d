/**
 * The twins composed to a causal language model with LoRA, forward and backward: the oracle of the engine's
 * transformer. Every operation records its gradient rule on a tape, and the backward pass walks the tape in reverse.
 */
import { attentionBackward, attentionForward } from './attention';
import { embeddingForward } from './embedding';
import { type GluActivation, gluBackward, gluForward } from './glu';
import { add, addScaled, at } from './indexing';
import { linearBackward, linearForward } from './linear';
import { logprobBackward, logprobForward } from './logprob';
import { loraBackward, loraForward } from './lora';
import { rmsnormBackward, rmsnormForward } from './rmsnorm';
import { ropeBackward, ropeForward } from './rope';

export interface Architecture {
  readonly layers: number;
  readonly C: number;
  readonly H: number;
  readonly KV: number;
  readonly D: number;
  readonly F: number;
  readonly eps: number;
  /** Added to norm weights: 1 for Gemma. */
  readonly normOffset: number;
  readonly embeddingScale: number;
  readonly attentionScale: number;
  readonly activation: GluActivation;
  /** By layer: inverse frequencies [D/2] of the rotary embedding, and the number of keys that a query sees. */
  readonly frequencies: readonly Float64Array[];
  readonly windows: readonly number[];
}

/**
 * By Hugging Face's names. Biases, q/k norms and Gemma's post-norms are applied if they are present. Without lm_head
 * the head is tied.
 */
export type Weights = ReadonlyMap<string, Float64Array>;

/** A [rank, I] and B [O, rank] by module, for example `model.layers.0.self_attn.q_proj`. */
export interface Adapter {
  readonly scale: number;
  readonly rank: number;
  readonly a: ReadonlyMap<string, Float64Array>;
  readonly b: ReadonlyMap<string, Float64Array>;
}

/** By module. */
export type AdapterGradients = ReadonlyMap<string, { readonly da: Float64Array; readonly db: Float64Array }>;

/** A run of rows that sees one prefix in full, and itself causally. The prefix is an earlier branch, or none. */
export interface Branch {
  readonly tokens: readonly number[];
  /** Index of the branch that is the prefix. */
  readonly prefix?: number;
}

/** Rows in the order of the branches. */
export interface Layout {
  readonly tokens: Uint32Array;
  readonly positions: Uint32Array;
  /** First row of each branch. */
  readonly starts: readonly number[];
  /** u32 [N, 4], see attention. */
  readonly ranges: Uint32Array;
}

export function layOut(branches: readonly Branch[]): Layout {
  const starts: number[] = [];
  const rows: {
    token: number;
    position: number;
    row: number;
    ownStart: number;
    prefixStart: number;
    prefixEnd: number;
  }[] = [];
  for (const { tokens, prefix } of branches) {
    const ownStart = rows.length;
    const prefixStart = prefix === undefined ? 0 : (starts[prefix] ?? 0);
    const prefixEnd = prefix === undefined ? 0 : prefixStart + (branches[prefix]?.tokens.length ?? 0);
    starts.push(ownStart);
    for (const [i, token] of tokens.entries()) {
      rows.push({ token, position: prefixEnd - prefixStart + i, row: ownStart + i, ownStart, prefixStart, prefixEnd });
    }
  }
  return {
    tokens: Uint32Array.from(rows, (row) => row.token),
    positions: Uint32Array.from(rows, (row) => row.position),
    starts,
    ranges: Uint32Array.from(
      rows.flatMap(({ row, ownStart, prefixStart, prefixEnd }) => [prefixStart, prefixEnd, ownStart, row + 1]),
    ),
  };
}

/** An array and its gradient. */
class Tensor {
  readonly grad: Float64Array;
  constructor(readonly value: Float64Array) {
    this.grad = new Float64Array(value.length);
  }
  accumulate(gradient: Float64Array): void {
    addScaled(this.grad, 0, 1, gradient, 0, this.grad.length);
  }
}

function required(map: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const found = map.get(name);
  if (!found) throw new Error(`no tensor named ${name}`);
  return found;
}

export class Transformer {
  private readonly tape: (() => void)[] = [];
  private readonly adapterGradients = new Map<string, { da: Float64Array; db: Float64Array }>();

  constructor(
    readonly architecture: Architecture,
    readonly weights: Weights,
    readonly layout: Layout,
    readonly adapter: Adapter | null = null,
  ) {}

  private tensor(value: Float64Array, backward: (dout: Float64Array) => void): Tensor {
    const out = new Tensor(value);
    this.tape.push(() => backward(out.grad));
    return out;
  }

  private get head(): Float64Array {
    return this.weights.get('lm_head.weight') ?? required(this.weights, 'model.embed_tokens.weight');
  }

  private rmsnorm(x: Tensor, name: string): Tensor {
    const { eps, normOffset: offset } = this.architecture;
    const options = { inp: x.value, weight: required(this.weights, `${name}.weight`), eps, offset };
    return this.tensor(rmsnormForward(options), (dout) => x.accumulate(rmsnormBackward({ ...options, dout })));
  }

  private rmsnormWherePresent(x: Tensor, name: string): Tensor {
    return this.weights.has(`${name}.weight`) ? this.rmsnorm(x, name) : x;
  }

  private linear(x: Tensor, module: string, I: number): Tensor {
    const weight = required(this.weights, `${module}.weight`);
    const bias = this.weights.get(`${module}.bias`);
    const O = weight.length / I;
    const out = this.tensor(linearForward({ inp: x.value, weight, I, ...(bias && { bias }) }), (dout) =>
      x.accumulate(linearBackward({ weight, I, dout })),
    );
    const a = this.adapter?.a.get(module);
    if (!this.adapter || !a) return out;
    const { rank, scale } = this.adapter;
    const segments = [{ outStart: 0, outEnd: O, rank, hStart: 0 }];
    const lora = { inp: x.value, a, b: required(this.adapter.b, module), scale, segments, I, O };
    const { h, delta } = loraForward(lora);
    return this.tensor(
      out.value.map((value, i) => value + at(delta, i)),
      (dout) => {
        const { da, db, dinp } = loraBackward({ ...lora, h, dout });
        this.adapterGradients.set(module, { da, db });
        x.accumulate(dinp);
        out.accumulate(dout);
      },
    );
  }

  private rope(x: Tensor, heads: number, frequencies: Float64Array): Tensor {
    const { positions } = this.layout;
    const { D } = this.architecture;
    const angles = Float64Array.from(
      { length: (Math.max(...positions) + 1) * (D / 2) },
      (_, i) => Math.floor(i / (D / 2)) * at(frequencies, i % (D / 2)),
    );
    const rope = { positions, cos: angles.map(Math.cos), sin: angles.map(Math.sin), H: heads, D };
    return this.tensor(ropeForward({ ...rope, inp: x.value }), (dout) =>
      x.accumulate(ropeBackward({ ...rope, dout })),
    );
  }

  private attention(x: Tensor, layer: number): Tensor {
    const { C, H, KV, D, attentionScale: scale, frequencies, windows } = this.architecture;
    const module = `model.layers.${layer}.self_attn`;
    const project = (name: string): Tensor =>
      this.rmsnormWherePresent(this.linear(x, `${module}.${name}_proj`, C), `${module}.${name}_norm`);
    const layerFrequencies = frequencies[layer] ?? new Float64Array();
    const q = this.rope(project('q'), H, layerFrequencies);
    const k = this.rope(project('k'), KV, layerFrequencies);
    const v = project('v');
    const { ranges } = this.layout;
    const options = {
      q: q.value,
      k: k.value,
      v: v.value,
      ranges,
      window: windows[layer] ?? Infinity,
      scale,
      H,
      KV,
      D,
    };
    const result = attentionForward(options);
    const out = this.tensor(result.out, (dout) => {
      const { dq, dk, dv } = attentionBackward({ ...options, ...result, dout });
      q.accumulate(dq);
      k.accumulate(dk);
      v.accumulate(dv);
    });
    return this.linear(out, `${module}.o_proj`, H * D);
  }

  private mlp(x: Tensor, layer: number): Tensor {
    const { C, F, activation } = this.architecture;
    const module = `model.layers.${layer}.mlp`;
    const gate = this.linear(x, `${module}.gate_proj`, C);
    const up = this.linear(x, `${module}.up_proj`, C);
    const N = this.layout.tokens.length;
    const gateUp = Float64Array.from({ length: N * 2 * F }, (_, i) => {
      const row = Math.floor(i / (2 * F));
      const f = i % (2 * F);
      return f < F ? at(gate.value, row * F + f) : at(up.value, row * F + f - F);
    });
    const out = this.tensor(gluForward({ gateUp, F, activation }), (dout) => {
      for (const [i, g] of gluBackward({ gateUp, F, activation, dout }).entries()) {
        const row = Math.floor(i / (2 * F));
        const f = i % (2 * F);
        if (f < F) add(gate.grad, row * F + f, g);
        else add(up.grad, row * F + f - F, g);
      }
    });
    return this.linear(out, `${module}.down_proj`, F);
  }

  private residual(x: Tensor, y: Tensor): Tensor {
    return this.tensor(
      x.value.map((value, i) => value + at(y.value, i)),
      (dout) => {
        x.accumulate(dout);
        y.accumulate(dout);
      },
    );
  }

  /**
   * Gemma has norms before and after both halves. In other families `post_attention_layernorm` is the norm before the
   * MLP.
   */
  private block(x: Tensor, layer: number): Tensor {
    const name = `model.layers.${layer}`;
    const sandwich = this.weights.has(`${name}.pre_feedforward_layernorm.weight`);
    const attended = this.attention(this.rmsnorm(x, `${name}.input_layernorm`), layer);
    const middle = this.residual(x, sandwich ? this.rmsnorm(attended, `${name}.post_attention_layernorm`) : attended);
    const beforeMlp = sandwich ? 'pre_feedforward_layernorm' : 'post_attention_layernorm';
    const transformed = this.mlp(this.rmsnorm(middle, `${name}.${beforeMlp}`), layer);
    return this.residual(middle, this.rmsnormWherePresent(transformed, `${name}.post_feedforward_layernorm`));
  }

  /**
   * `hidden` is the state after the embedding and after each block [N, C], `norm` the state after the final norm;
   * logits [N, V].
   */
  forward(): { hidden: readonly Float64Array[]; norm: Tensor; logits: Float64Array } {
    const { layers, C, embeddingScale: scale } = this.architecture;
    const weight = required(this.weights, 'model.embed_tokens.weight');
    let x = this.tensor(embeddingForward({ tokens: this.layout.tokens, weight, C, scale }), () => {});
    const hidden = [x.value];
    for (let layer = 0; layer < layers; layer++) {
      x = this.block(x, layer);
      hidden.push(x.value);
    }
    const norm = this.rmsnorm(x, 'model.norm');
    return { hidden, norm, logits: linearForward({ inp: norm.value, weight: this.head, I: C }) };
  }

  /** log p(targets[i] | rows up to rows[i]) → [rows.length] */
  logps(norm: Tensor, rows: readonly number[], targets: Uint32Array): Tensor {
    const { C } = this.architecture;
    const hidden = Float64Array.from({ length: rows.length * C }, (_, i) =>
      at(norm.value, (rows[Math.floor(i / C)] ?? 0) * C + (i % C)),
    );
    const options = { hidden, weight: this.head, targets, C };
    const { logps, lse } = logprobForward(options);
    return this.tensor(logps, (dlogps) => {
      const dhidden = logprobBackward({ ...options, lse, dlogps });
      for (const [i, g] of dhidden.entries()) add(norm.grad, (rows[Math.floor(i / C)] ?? 0) * C + (i % C), g);
    });
  }

  /** Gradients of the adapter by module, from `dout` at `output`. Can be called once after each forward pass. */
  backward(output: Tensor, dout: Float64Array): AdapterGradients {
    output.accumulate(dout);
    for (const step of this.tape.toReversed()) step();
    return this.adapterGradients;
  }
}
