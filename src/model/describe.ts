import type { ModelUse } from '../records/models';
import type { LanguageModel } from './language-model';

export interface ModelDescription {
  /** Set for judges. Without it the model is a policy. */
  readonly use?: Exclude<ModelUse, 'policy'>;
  readonly architecture: string;
  /** Number of parameters. A head that is the embedding counts once. */
  readonly parameters: number;
  /** Storage type of most values, for example `BF16` or `Q4_1`. */
  readonly quantization: string;
}

/** Describes a model by its opened files, without reading its weights. */
export function describeModel({ config, weights }: Pick<LanguageModel, 'config' | 'weights'>): ModelDescription {
  const values = new Map<string, number>();
  for (const { dtype, shape } of weights.tensors.values()) {
    values.set(dtype, (values.get(dtype) ?? 0) + shape.reduce((product, size) => product * size, 1));
  }
  const [most] = [...values].sort(([, a], [, b]) => b - a);
  return {
    architecture: config.architecture,
    parameters: [...values.values()].reduce((sum, count) => sum + count, 0),
    quantization: most?.[0] ?? 'F32',
  };
}
