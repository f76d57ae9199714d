/** Kernels compiled with RADV for RDNA2, and the predicted times of their dispatches. */
import { kernelKey } from '../../src/engine/kernel';
import type { Dispatch } from '../../src/engine/planner';
import { assert } from '../../src/lib/assert';
import { assemble } from '../kernels/radv';
import { describeKernel } from '../kernels/reachable';
import { parseAssembly } from './assembly';
import type { ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import { type CompiledCode, type Estimate, estimate } from './model';
import { shapeOf } from './shapes';

export class Kernels {
  private readonly compiled = new Map<string, CompiledCode>();

  /** Compiles the kernels of the dispatches that are not compiled yet. */
  async compile(dispatches: Iterable<Pick<Dispatch, 'variant' | 'bindings'>>): Promise<void> {
    const missing = new Map<string, Pick<Dispatch, 'variant' | 'bindings'>>();
    for (const dispatch of dispatches) {
      const key = kernelKey(dispatch.variant);
      if (!this.compiled.has(key)) missing.set(key, dispatch);
    }
    if (missing.size === 0) return;
    const kernels = [...missing.values()].map(({ variant, bindings }) =>
      describeKernel(variant, [...bindings.keys(), 'params']),
    );
    const results = await assemble('navi21', kernels);
    [...missing.keys()].forEach((key, i) => {
      const result = results[i];
      assert(result !== undefined, `${key} was not compiled`);
      const { statistics, assembly } = result;
      const code = parseAssembly(assembly);
      this.compiled.set(key, { code, registers: statistics.registers, shared: statistics.lds });
    });
  }

  /** The dispatch must have been compiled. */
  estimate(gpu: Gpu, dispatch: ResolvedDispatch): Estimate {
    const code = this.compiled.get(kernelKey(dispatch.variant));
    assert(code !== undefined, `${dispatch.kernel} has not been compiled`);
    return estimate(gpu, dispatch, shapeOf(dispatch, gpu), code);
  }
}
