import { assert } from '../../lib/assert';
import type { KernelVariant } from '../kernel';

/** Number of threads of a workgroup: the product of `@workgroup_size(…)` of the variant's entry point. */
export function workgroupSize({ source, entry, libs, constants }: KernelVariant): number {
  const code = [source.code, ...libs].join('\n');
  const size = new RegExp(`@workgroup_size\\(([^@]*)\\)\\s*fn ${entry}\\b`).exec(code)?.[1];
  assert(size !== undefined, `${source.name}.wgsl has no @workgroup_size for ${entry}`);
  const value = (name: string): number => {
    const constant = constants[name];
    if (typeof constant === 'number') return constant;
    const declared = new RegExp(`\\bconst ${name}\\b[^=;]*=([^;]*);`).exec(code)?.[1];
    assert(declared !== undefined, `${source.name}.${entry}: ${name} in @workgroup_size is not a constant`);
    return evaluate(declared, value);
  };
  return size.split(',').reduce((product, dimension) => product * evaluate(dimension, value), 1);
}

/** Evaluates an expression of u32 numbers and names with + - * / and parentheses. */
function evaluate(expression: string, value: (name: string) => number): number {
  const tokens = expression.match(/\w+|[^\s\w]/g) ?? [];
  const factor = (): number => {
    const token = tokens.shift() ?? '';
    if (token === '(') {
      const inner = sum();
      assert(tokens.shift() === ')', `a parenthesis of "${expression}" does not close`);
      return inner;
    }
    if (/^\d+u?$/.test(token)) return Number.parseInt(token, 10);
    assert(/^[A-Za-z_]/.test(token), `"${token}" in "${expression}" is neither a number nor a name`);
    return value(token);
  };
  const operations = (operand: () => number, signs: string): number => {
    let result = operand();
    while (tokens[0] !== undefined && signs.includes(tokens[0])) {
      const sign = tokens.shift();
      const right = operand();
      if (sign === '*') result *= right;
      else if (sign === '/') result = Math.floor(result / right);
      else result += sign === '+' ? right : -right;
    }
    return result;
  };
  const sum = (): number => operations(() => operations(factor, '*/'), '+-');
  const result = sum();
  assert(tokens.length === 0, `"${expression}" is not understood from "${tokens[0]}" on`);
  return result;
}
