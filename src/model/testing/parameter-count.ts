import type { TensorList } from '../tensor-list';

export function parameterCount(tensors: TensorList): number {
  return [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
