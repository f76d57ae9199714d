import { describe, expect, it } from 'vitest';
import { type DispatchSpec, Planner } from './planner';
import type { Tensor } from './tensor';

/** A dispatch identified by its name. */
function spec(name: string): DispatchSpec {
  return {
    variant: { source: { name, code: '' }, entry: 'forward', libs: [], constants: {} },
    bindings: {},
    uniforms: {},
    grid: [],
  };
}

/** Whether a gradient has reached a tensor. */
function hasGrad(p: Planner, tensor: Tensor): boolean {
  try {
    p.grad(tensor);
    return true;
  } catch {
    return false;
  }
}

const names = (p: Planner) => p.dispatches.map(({ variant }) => variant.source.name);

/** An operation with one dispatch in each direction. */
function operation(p: Planner, name: string, ...inputs: readonly Tensor[]): Tensor {
  const out = p.activation(
    name,
    [4],
    inputs.some((input) => input.requiresGrad),
  );
  p.emit(spec(name));
  p.record(out, () => {
    for (const input of inputs.filter(({ requiresGrad }) => requiresGrad)) {
      const { accumulate } = p.contribute(input);
      p.emit(spec(`${accumulate ? '+' : ''}d ${name} by ${input.label}`));
    }
  });
  return out;
}

describe('backward', () => {
  it('walks the tape in reverse, and the second gradient that reaches a tensor is added', () => {
    const p = new Planner();
    const x = p.slot('x', [4], 'f32', true);
    const a = operation(p, 'a', x);
    const b = operation(p, 'b', a, x);
    p.setGrad(b, p.slot('db', [4]));
    p.backward();
    expect(names(p)).toEqual(['a', 'b', 'd b by a', 'd b by x', '+d a by x']);
    expect(p.grad(x).shape).toEqual([4]);
  });

  it('skips operations that no gradient reaches, and tensors that need none', () => {
    const p = new Planner();
    const [x, frozen] = [p.slot('x', [4], 'f32', true), p.slot('frozen', [4])];
    const used = operation(p, 'used', x, frozen);
    const unused = operation(p, 'unused', x);
    const constant = operation(p, 'constant', frozen);
    expect(constant.requiresGrad).toBe(false);
    p.setGrad(used, p.slot('d', [4]));
    p.backward();
    expect(names(p)).toEqual(['used', 'unused', 'constant', 'd used by x']);
    expect(hasGrad(p, unused)).toBe(false);
    expect(hasGrad(p, frozen)).toBe(false);
    expect(() => p.grad(unused)).toThrow('no gradient has reached unused');
  });

  it('refuses a second gradient for a tensor', () => {
    const p = new Planner();
    const x = p.slot('x', [4], 'f32', true);
    p.setGrad(x, p.slot('d', [4]));
    expect(() => p.setGrad(x, p.slot('e', [4]))).toThrow('already has a gradient');
  });
});

it('shareGrad: the gradient of a sum is the gradient of its terms, and later contributions are added in place', () => {
  const p = new Planner();
  const x = p.slot('x', [4], 'f32', true);
  const inner = operation(p, 'inner', x);
  const y = p.activation('y', [4], true);
  p.emit(spec('y'));
  p.record(y, () => {
    p.contribute(inner);
    p.shareGrad(y, x);
  });
  const dy = p.slot('dy', [4]);
  p.setGrad(y, dy);
  p.backward();
  expect(p.grad(x)).toBe(dy);
  expect(names(p)).toEqual(['inner', 'y', '+d inner by x']);

  const frozen = p.slot('frozen', [4]);
  p.shareGrad(y, frozen);
  expect(hasGrad(p, frozen)).toBe(false);
});

it('checkpoint: a block runs again right before its backward pass, from its input', () => {
  const p = new Planner();
  const x = p.slot('x', [4], 'f32', true);
  const block = (name: string) => (input: Tensor) => operation(p, `${name}2`, operation(p, `${name}1`, input));
  const out = p.checkpoint(p.checkpoint(x, block('a')), block('b'));
  p.setGrad(out, p.slot('d', [4]));
  p.backward();
  expect(names(p)).toEqual([
    ...['a1', 'a2', 'b1', 'b2'],
    ...['b1', 'b2', 'd b2 by b1', 'd b1 by a2'],
    ...['a1', 'a2', 'd a2 by a1', 'd a1 by x'],
  ]);
  expect(hasGrad(p, x)).toBe(true);
});

it('emit: a tensor is bound as a whole, a number is a number of workgroups', () => {
  const p = new Planner();
  const t = p.slot('t', [64]);
  p.emit({
    ...spec('one'),
    bindings: { whole: t, part: { tensor: t, offset: 256, bytes: 16 } },
    grid: [3, { extent: 10, per: 4 }],
  });
  const [dispatch] = p.dispatches;
  expect(dispatch?.bindings.get('whole')).toEqual({ tensor: t });
  expect(dispatch?.bindings.get('part')).toEqual({ tensor: t, offset: 256, bytes: 16 });
  expect(dispatch?.grid).toEqual([
    { extent: 3, per: 1 },
    { extent: 10, per: 4 },
  ]);
});
