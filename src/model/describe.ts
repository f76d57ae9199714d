import type { ModelUse } from '../records/models';
import type { LanguageModel } from './language-model';

export interface ModelDescription {
  /** Of a judge; without it a policy. */
  readonly use?: Exclude<ModelUse, 'policy'>;
  readonly architecture: string;
  /** A head that is the embedding counts once. */
  readonly parameters: number;
  /** Type of most of its values, e.g. `BF16`, `Q4_1`. */
  readonly quantization: string;
}

/** What a model's opened files say of it; no weights are read. */
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
