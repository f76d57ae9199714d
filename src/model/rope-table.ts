/** Cosines and sines of rotary positions, in double precision: WGSL's own are only good to 2⁻¹¹. */
import type { ModelConfig } from './config';

/** Inverse frequencies [D/2], scaled as `rope_type` llama3 says (Llama 3.1's model card; transformers' `_compute_llama3_parameters`). */
export function inverseFrequencies({
  headSize,
  ropeTheta,
  ropeScaling,
}: Pick<ModelConfig, 'headSize' | 'ropeTheta' | 'ropeScaling'>): Float64Array {
  return Float64Array.from({ length: headSize / 2 }, (_, i) => {
    const frequency = ropeTheta ** ((-2 * i) / headSize);
    if (ropeScaling === null) return frequency;
    if (ropeScaling.kind === 'factors') return frequency / (ropeScaling.factors[i] ?? 1);
    const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = ropeScaling;
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength > originalContext / low) return frequency / factor;
    if (wavelength < originalContext / high) return frequency;
    const blend = (originalContext / wavelength - low) / (high - low);
    return ((1 - blend) * frequency) / factor + blend * frequency;
  });
}

/** [positions, D/2] of (cos, sin), interleaved. */
export function ropeTable(frequencies: Float64Array, positions: number): Float32Array<ArrayBuffer> {
  const table = new Float32Array(positions * frequencies.length * 2);
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (const frequency of frequencies) {
      table[at++] = Math.cos(position * frequency);
      table[at++] = Math.sin(position * frequency);
    }
  }
  return table;
}
