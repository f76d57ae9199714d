import code from '../../../shaders/embedding.wgsl?raw';
import type { Planner } from '../planner';
import { vectorLength } from '../shapes';
import type { Tensor } from '../tensor';
import { checkWeight, type Weight, weightLibs } from '../weight';

const source = { name: 'embedding', code };

/** Returns scale · weight[tokens] [N, C] for tokens [N]. The table is frozen, so there is no gradient. */
export function embedding(p: Planner, tokens: Tensor, weight: Weight, scale = 1): Tensor {
  const rows = vectorLength('embedding', tokens, 'u32');
  checkWeight('embedding', weight);
  const width = weight.cols / 4;
  const out = p.activation('embedding', [rows, weight.cols]);
  for (const part of weight.parts) {
    p.emit({
      variant: { source, entry: 'forward', libs: weightLibs(part.storage, p.tuning), constants: {} },
      bindings: { tokens, weight: part.bound, out },
      uniforms: { rows, width, first: part.first, end: part.end, scale },
      grid: [
        { extent: width, per: 64 },
        { extent: rows, per: 1 },
      ],
    });
  }
  return out;
}
