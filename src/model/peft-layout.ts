/** Converts PEFT adapters to the flat layout of the engine. */
import type { PeftAdapter } from '../formats/peft';
import { LabError } from '../lib/errors';
import { type AdapterLayout, type AdapterSpec, adapterLayout, adapterMatrices, scatterMatrix } from './adapter-layout';
import type { ModelConfig } from './config';

/** The settings of an adapter. Its modules are those that it has tensors of. */
export function specOf({ config: { rank, alpha, rsLora }, tensors }: PeftAdapter): AdapterSpec {
  return { rank, alpha, rsLora, targetModules: [...new Set(tensors.map(({ module }) => module))] };
}

/** The layout for the settings of an adapter. */
export function layoutOf(config: ModelConfig, adapter: PeftAdapter): AdapterLayout {
  return adapterLayout(config, specOf(adapter));
}

/** @throws LabError bad-file if the adapter does not belong to this model */
export function flatten(adapter: PeftAdapter, layout: AdapterLayout): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.size);
  const matrices = adapterMatrices(layout);
  if (matrices.length !== adapter.tensors.length) {
    throw new LabError(
      'bad-file',
      `The adapter has ${adapter.tensors.length} tensors; this model needs ${matrices.length}.`,
      'Choose an adapter of this model.',
    );
  }
  for (const matrix of matrices) {
    const tensor = adapter.tensors.find(
      (t) => t.layer === matrix.layer && t.module === matrix.module && t.matrix === matrix.factor,
    );
    const [rows, cols] = tensor?.shape ?? [];
    if (tensor === undefined || rows !== matrix.shape[0] || cols !== matrix.shape[1]) {
      const name = `layer ${matrix.layer} ${matrix.module} lora_${matrix.factor}`;
      throw new LabError(
        'bad-file',
        `${name} of the adapter is not [${matrix.shape}], as the model asks.`,
        'Choose an adapter of this model.',
      );
    }
    scatterMatrix(flat, matrix, tensor.values);
  }
  return flat;
}
