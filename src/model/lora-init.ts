/** A new adapter. */
import { Random } from '../lib/random';
import { type AdapterLayout, adapterMatrices, scatterMatrix } from './adapter-layout';

/** A is kaiming-uniform(√5), which is U(±1/√in), and B zero, as PEFT begins: the adapter changes nothing yet. */
export function initialAdapter(layout: AdapterLayout, seed: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.size);
  for (const matrix of adapterMatrices(layout)) {
    if (matrix.factor === 'B') continue;
    const [rows, inputs] = matrix.shape;
    const random = new Random(seed, `lora ${matrix.layer} ${matrix.module}`);
    const bound = 1 / Math.sqrt(inputs);
    scatterMatrix(
      flat,
      matrix,
      Float32Array.from({ length: rows * inputs }, () => bound * (2 * random.float() - 1)),
    );
  }
  return flat;
}
