/** Limits of registers, spills and scratch memory that kernels keep. */
import type { KernelVariant } from '../../src/engine/kernel';
import type { KnownViolation } from './known-violations';
import { type Compiled, GPU_NAMES, GPUS, type Gpu } from './radv';
import type { ReachableKernel } from './reachable';

/** Vector registers of a thread. Decoding has few threads, so more of them must fit a SIMD to hide latencies. */
const REGISTERS = 128;
const DECODE_REGISTERS = 96;

export interface CompiledKernel {
  readonly kernel: ReachableKernel;
  readonly compiled: Readonly<Record<Gpu, Compiled>>;
}

export interface Verdict {
  readonly passed: number;
  /** One line each. */
  readonly failures: readonly string[];
}

/** For example "linear.forward RUN=1 STEPS=1". */
export function variantName({
  source,
  entry,
  constants,
}: Pick<KernelVariant, 'source' | 'entry' | 'constants'>): string {
  return nameOf(source.name, entry, constants);
}

/** The variant's name and the type of its weights, if it reads any. */
export function kernelName({ variant, storage }: Pick<ReachableKernel, 'variant' | 'storage'>): string {
  return withWeights(variantName(variant), storage);
}

function nameOf(kernel: string, entry: string, constants: KnownViolation['constants']): string {
  const values = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
  return [`${kernel}.${entry}`, ...values.sort()].join(' ');
}

const withWeights = (name: string, storage: string | null): string => (storage === null ? name : `${name} ${storage}`);

/** The kernels that an entry of the list names. */
function listedNames({ kernel, entry, constants, weights = [] }: KnownViolation): string[] {
  const name = nameOf(kernel, entry, constants);
  return weights.length === 0 ? [name] : weights.map((storage) => withWeights(name, storage));
}

/** The budgets that a kernel does not keep on some GPU, with the numbers. */
export function violations({ kernel, compiled }: CompiledKernel): string[] {
  const most = kernel.plans.has('decode') ? DECODE_REGISTERS : REGISTERS;
  return GPU_NAMES.flatMap((gpu) => {
    const result = compiled[gpu];
    if ('error' in result) return [];
    const { registers, spills, scratch } = result;
    const over = [
      registers > most ? `${registers} registers, at most ${most}` : null,
      spills > 0 ? `${spills} spilled registers` : null,
      scratch > 0 ? `${scratch} bytes of scratch` : null,
    ].filter((fault) => fault !== null);
    return over.length === 0 ? [] : [`${GPUS[gpu]}: ${over.join(', ')}`];
  });
}

function errors({ compiled }: CompiledKernel): string[] {
  return GPU_NAMES.flatMap((gpu) => {
    const result = compiled[gpu];
    return 'error' in result ? [`${GPUS[gpu]}: ${result.error}`] : [];
  });
}

/**
 * Every kernel is one test. It passes if it compiles and keeps the budgets, or is known not to keep them. A known
 * violation that does not exist is a failed test.
 * @param text part of the names of the kernels that were compiled
 */
export function judge(kernels: readonly CompiledKernel[], known: readonly KnownViolation[], text = ''): Verdict {
  const listed = new Set(known.flatMap(listedNames).filter((name) => name.includes(text)));
  const violating = new Set<string>();
  const failures: string[] = [];
  let passed = 0;
  for (const compiled of kernels) {
    const name = kernelName(compiled.kernel);
    const over = violations(compiled);
    if (over.length > 0) violating.add(name);
    const faults = [...errors(compiled), ...(listed.has(name) ? [] : over)];
    if (faults.length === 0) passed++;
    else failures.push(`${name}: ${faults.join('; ')}`);
  }
  for (const name of listed) {
    if (!violating.has(name))
      failures.push(`${name} does not exceed a budget: remove it from cli/kernels/known-violations.ts`);
  }
  return { passed, failures };
}
