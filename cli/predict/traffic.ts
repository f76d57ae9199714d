/** The bytes that a dispatch moves between a GPU and its memory. */
import { keyRows, type ResolvedDispatch } from './dispatches';
import { valueBytes } from './linear-shapes';

export interface Traffic {
  /** Weights of the model and of the adapter that are read. */
  readonly weights: number;
  /** The KV cache. */
  readonly cache: number;
  readonly activations: number;
}

/** Bindings without contents that the kernel uses. */
const UNUSED_BYTES = 16;

/**
 * Every binding moves once, whatever is in a cache before. Only what a dispatch uses of a binding counts.
 * @param active the part of the workgroups that do not return at once
 */
export function trafficOf(dispatch: ResolvedDispatch, active: number): Traffic {
  const { variant, bindings, uniforms } = dispatch;
  const bytesOf = (name: string): number => {
    const { label = 'none', bytes = 0 } = bindings[name] ?? {};
    return label === 'none' || bytes <= UNUSED_BYTES ? 0 : bytes;
  };
  const sum = (names: readonly string[]) => names.reduce((bytes, name) => bytes + bytesOf(name), 0);
  const others = (...except: readonly string[]) => sum(Object.keys(bindings).filter((name) => !except.includes(name)));

  switch (variant.source.name) {
    case 'linear':
      return product(dispatch, sum(['h']), sum(['b']));
    case 'lora': {
      const reads = variant.entry.startsWith('backward_weight') ? [] : ['right'];
      return { weights: sum(reads), cache: 0, activations: others(...reads) };
    }
    case 'embedding':
      return { weights: bytesOf('out'), cache: 0, activations: others('weight') };
    case 'rope': {
      // It writes one row of keys and values for each row.
      const cache = (bytesOf('kv') * (uniforms.rows ?? 0)) / Math.max(1, keyRows(dispatch.ranges));
      return { weights: 0, cache, activations: others('kv', 'table') };
    }
    case 'attention-keys': {
      if (variant.entry === 'forward_merge') return { weights: 0, cache: 0, activations: others() };
      const written = active * sum(['partial', 'level']);
      return { weights: 0, cache: bytesOf('kv'), activations: written + others('kv', 'partial', 'level') };
    }
    case 'attention-tiled':
      return { weights: 0, cache: bytesOf('kv'), activations: others('kv') };
    default:
      return { weights: 0, cache: 0, activations: others() };
  }
}

/** A product may be cut into dispatches, each with a part of the columns and of the rows. */
function product(dispatch: ResolvedDispatch, h: number, b: number): Traffic {
  const { variant, uniforms, flops } = dispatch;
  const { begin = 0, end = 0, inps = 0, outs = 0, hasResidual = 0, accumulate = 0 } = uniforms;
  const backward = variant.entry.startsWith('backward');
  const columns = (end - begin) * (backward ? 4 : 1);
  // A gated product has two outputs of the weight for each of its own.
  const products = columns * (variant.entry.endsWith('_gated') ? 2 : 1);
  const depth = backward ? outs : 4 * inps;
  const rows = flops / (2 * products * depth);
  return {
    weights: products * depth * valueBytes(dispatch) + b,
    cache: 0,
    activations: rows * (depth + columns * (1 + hasResidual + accumulate)) * 4 + h,
  };
}
