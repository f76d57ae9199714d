import { assert } from '../../lib/assert';
import type { KernelVariant } from '../kernel';

/** Number of threads of a workgroup: the product of `@workgroup_size(…)` of the variant's entry point. */
export function workgroupSize({ source, entry, constants }: KernelVariant): number {
  const size = new RegExp(`@workgroup_size\\(([^)]*)\\)[^{;]*?\\bfn ${entry}\\b`).exec(source.code)?.[1];
  assert(size !== undefined, `${source.name}.wgsl has no @workgroup_size for ${entry}`);
  const value = (text: string): number => {
    const name = text.trim();
    if (/^\d+u?$/.test(name)) return Number.parseInt(name, 10);
    const constant = constants[name];
    if (typeof constant === 'number') return constant;
    const declared = new RegExp(`\\bconst ${name}\\b[^=]*=([^;]*);`).exec(source.code)?.[1];
    assert(declared !== undefined, `${source.name}.${entry}: ${name} in @workgroup_size is not a constant`);
    return product(declared, '*');
  };
  const product = (text: string, separator: string): number =>
    text.split(separator).reduce((sum, factor) => sum * (separator === ',' ? product(factor, '*') : value(factor)), 1);
  return product(size, ',');
}
