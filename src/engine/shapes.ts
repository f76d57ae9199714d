/**
 * Shape checks for operations. They run while a plan is made, so that a wrong model definition fails with the names
 * of its tensors instead of computing wrong numbers on the device.
 */
import { assert } from '../lib/assert';
import { type BoundTensor, bytes, capacity, type DType, type Extent, type Tensor } from './tensor';

/** A tensor's name and shape for messages, e.g. `q [rows ≤ 2048, 64]`. */
export function describeTensor({ label, shape }: Tensor): string {
  const extents = shape.map((extent) => (typeof extent === 'number' ? extent : `${extent.name} ≤ ${extent.capacity}`));
  return `${label} [${extents.join(', ')}]`;
}

function checkDtype(op: string, tensor: Tensor, dtype: DType): void {
  assert(tensor.dtype === dtype, `${op}: ${describeTensor(tensor)} is ${tensor.dtype}, not ${dtype}`);
}

/** The value is a positive multiple of four, because kernels read four values at once. */
export function checkFour(op: string, name: string, value: number): void {
  assert(
    Number.isInteger(value) && value > 0 && value % 4 === 0,
    `${op}: ${name} is ${value}, not a multiple of four`,
  );
}

/** A fixed extent equals a dim of that capacity: it has room for every value of the dim. */
function sameExtent(a: Extent, b: Extent): boolean {
  if (typeof a !== 'number' && typeof b !== 'number' && a.name !== b.name) return false;
  return capacity(a) === capacity(b);
}

/** Rows and width of a matrix. The width is known while planning, and is a multiple of four. */
export function matrixShape(
  op: string,
  tensor: Tensor,
  dtype: DType = 'f32',
): { readonly rows: Extent; readonly width: number } {
  checkDtype(op, tensor, dtype);
  const [rows, width] = tensor.shape;
  assert(
    rows !== undefined && width !== undefined && tensor.shape.length === 2,
    `${op}: ${describeTensor(tensor)} is not a matrix [rows, width]`,
  );
  assert(typeof width === 'number', `${op}: the width of ${describeTensor(tensor)} is not known while planning`);
  checkFour(op, `the width of ${describeTensor(tensor)}`, width);
  return { rows, width };
}

/** Length of a vector. */
export function vectorLength(op: string, tensor: Tensor, dtype: DType = 'f32'): Extent {
  checkDtype(op, tensor, dtype);
  const [length] = tensor.shape;
  assert(length !== undefined && tensor.shape.length === 1, `${op}: ${describeTensor(tensor)} is not a vector`);
  return length;
}

/** The tensor has exactly this shape. */
export function checkShape(op: string, tensor: Tensor, shape: readonly Extent[], dtype: DType = 'f32'): void {
  checkDtype(op, tensor, dtype);
  const same =
    tensor.shape.length === shape.length &&
    shape.every((extent, i) => sameExtent(extent, tensor.shape[i] ?? Number.NaN));
  const expected = describeTensor({ ...tensor, label: 'the shape', shape });
  assert(same, `${op}: ${describeTensor(tensor)} needs ${expected}`);
}

/** A u32 input has a vector of `width` words for each row (a scalar where `width` is 1), and room for all rows. */
export function checkRowInput(op: string, tensor: Tensor, rows: Extent, width = 1): void {
  checkDtype(op, tensor, 'u32');
  const [length, ...inner] = tensor.shape;
  const words = inner.reduce<number>((product, extent) => product * capacity(extent), 1);
  assert(
    length !== undefined && inner.length === (width === 1 ? 0 : 1) && words === width,
    `${op}: ${describeTensor(tensor)} does not hold ${width} words a row`,
  );
  assert(
    capacity(length) >= capacity(rows),
    `${op}: ${describeTensor(tensor)} has fewer rows than the ${capacity(rows)} of the batch`,
  );
}

/** The tensor, or the bound part of it, holds at least so many four-byte values. */
export function checkSize(op: string, { tensor, bytes: bound }: BoundTensor, values: number): void {
  const held = (bound ?? bytes(tensor)) / 4;
  const part = bound === undefined ? '' : 'the bound part of ';
  assert(held >= values, `${op}: ${part}${describeTensor(tensor)} holds ${held} values, ${values} are needed`);
}
