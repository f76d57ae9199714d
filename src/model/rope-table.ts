/** Cosines and sines of rotary positions, in double precision: those of WGSL are only accurate to 2⁻¹¹. */
import { toFour } from './axis';
import type { ModelConfig } from './config';

type Ropes = Pick<ModelConfig, 'headSize' | 'ropeTheta' | 'ropeScaling' | 'localRopeTheta'>;

/** Inverse frequencies [D/2]. The scaling of `rope_type` llama3 follows transformers' `_compute_llama3_parameters`. */
export function inverseFrequencies({
  headSize,
  ropeTheta,
  ropeScaling,
}: Pick<Ropes, 'headSize' | 'ropeTheta' | 'ropeScaling'>): Float64Array {
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

/** The columns of the table that a layer uses, in pairs (cos, sin). */
export interface RopeColumns {
  /** Pairs in a row: D/2 of a padded head for each rotary base of the model. */
  readonly stride: number;
  readonly start: number;
}

/** @param local whether the layer has a window */
export function ropeColumns({ headSize, localRopeTheta }: Ropes, local: boolean): RopeColumns {
  const pairs = toFour(headSize) / 2;
  return localRopeTheta === null ? { stride: pairs, start: 0 } : { stride: 2 * pairs, start: local ? pairs : 0 };
}

/** Size of the table in floats. */
export function ropeTableSize(config: Ropes, positions: number): number {
  return positions * ropeColumns(config, false).stride * 2;
}

/** Returns [positions, stride] of (cos, sin), interleaved. The angle of a head's padding is zero. */
export function ropeTable(config: Ropes, positions: number): Float32Array<ArrayBuffer> {
  const { headSize, localRopeTheta } = config;
  const bases = [inverseFrequencies(config)];
  if (localRopeTheta !== null)
    bases.push(inverseFrequencies({ headSize, ropeTheta: localRopeTheta, ropeScaling: null }));
  const table = new Float32Array(ropeTableSize(config, positions));
  const pairs = toFour(headSize) / 2;
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (const frequencies of bases) {
      for (let i = 0; i < pairs; i++) {
        const angle = position * (frequencies[i] ?? 0);
        table[at++] = Math.cos(angle);
        table[at++] = Math.sin(angle);
      }
    }
  }
  return table;
}
