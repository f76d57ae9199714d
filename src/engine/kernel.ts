/**
 * A kernel is a WGSL file, an entry point and a set of constants. Its bindings and its uniform struct are read from
 * the WGSL, so that layout and shader cannot disagree: a binding that is declared `read` but laid out as `storage`
 * corrupts memory silently.
 */
import { assert } from '../lib/assert';
import type { Device } from './device';
import { unroll } from './unroll';

export interface KernelSource {
  /** File name in shaders/, without its extension. */
  readonly name: string;
  readonly code: string;
}

export interface KernelVariant {
  readonly source: KernelSource;
  readonly entry: string;
  /** WGSL extensions that it uses, e.g. `f16`. The device must have their feature. */
  readonly enables?: readonly string[];
  /** Texts of files of shaders/lib/, appended to the source. */
  readonly libs: readonly string[];
  /**
   * Constants that are declared in front of the source, as `const NAME: u32 = …`. Numbers are u32, booleans are bool.
   */
  readonly constants: Readonly<Record<string, number | boolean>>;
}

export interface Binding {
  readonly index: number;
  readonly type: GPUBufferBindingType;
}

export interface UniformField {
  readonly offset: number;
  readonly type: 'u32' | 'i32' | 'f32';
}

export interface KernelInterface {
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly uniforms: ReadonlyMap<string, UniformField>;
  readonly uniformBytes: number;
}

/** By source, then by the texts of its libraries. Constants change neither bindings nor uniforms. */
const interfaces = new WeakMap<KernelSource, Map<string, KernelInterface>>();

/**
 * The WGSL text of a variant: extensions and constants, then the source and the libraries with their marked loops
 * unrolled.
 */
export function kernelCode(variant: KernelVariant): string {
  const prelude = Object.entries(variant.constants)
    .map(([name, value]) =>
      typeof value === 'boolean' ? `const ${name}: bool = ${value};` : `const ${name}: u32 = ${value}u;`,
    )
    .join('\n');
  const enables = (variant.enables ?? []).map((name) => `enable ${name};`);
  const body = unroll([variant.source.code, ...variant.libs].join('\n'), variant.constants);
  return [...enables, prelude, body].join('\n');
}

/** Variants with equal keys share a pipeline. */
export function kernelKey(variant: KernelVariant): string {
  return JSON.stringify([variant.source.name, variant.entry, variant.constants, variant.libs]);
}

/** Bindings of group 0, and the fields of `struct Params`, which are scalars of four bytes. */
export function kernelInterface({ source, libs }: KernelVariant): KernelInterface {
  let cached = interfaces.get(source);
  if (cached === undefined) {
    cached = new Map();
    interfaces.set(source, cached);
  }
  const key = libs.join('\n');
  let found = cached.get(key);
  if (found === undefined) {
    found = parseInterface(source.name, [source.code, ...libs].join('\n'));
    cached.set(key, found);
  }
  return found;
}

function parseInterface(kernel: string, code: string): KernelInterface {
  const bindings = new Map<string, Binding>();
  for (const match of code.matchAll(
    /@group\(0\)\s*@binding\((\d+)\)\s*var<(uniform|storage)(?:,\s*(read|read_write))?>\s*(\w+)/g,
  )) {
    const [, index, space, access, name] = match;
    const type = space === 'uniform' ? 'uniform' : access === 'read_write' ? 'storage' : 'read-only-storage';
    bindings.set(name as string, { index: Number(index), type });
  }
  const uniforms = new Map<string, UniformField>();
  const struct = /struct Params \{([^}]*)\}/.exec(code)?.[1] ?? '';
  let offset = 0;
  for (const match of struct.replaceAll(/\/\/.*$/gm, '').matchAll(/(\w+)\s*:\s*(\w+)/g)) {
    const type = match[2];
    assert(type === 'u32' || type === 'i32' || type === 'f32', `${kernel}: Params.${match[1]} is not a 4-byte scalar`);
    uniforms.set(match[1] as string, { offset, type });
    offset += 4;
  }
  return { bindings, uniforms, uniformBytes: Math.ceil(offset / 16) * 16 };
}

/** Compiles each pipeline of a device once. */
export class PipelineCache {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  constructor(readonly device: Device) {}

  /** Layout of the bindings that an entry point uses. The WGSL may declare more. */
  layout(variant: KernelVariant, names: readonly string[]): GPUBindGroupLayout {
    const { bindings } = kernelInterface(variant);
    const entries = names.map((name) => {
      const binding = bindings.get(name);
      assert(binding !== undefined, `${variant.source.name}.wgsl has no binding ${name}`);
      return { binding: binding.index, visibility: GPUShaderStage.COMPUTE, buffer: { type: binding.type } };
    });
    const key = JSON.stringify(entries);
    let layout = this.layouts.get(key);
    if (layout === undefined) {
      layout = this.device.gpu.createBindGroupLayout({ label: variant.source.name, entries });
      this.layouts.set(key, layout);
    }
    return layout;
  }

  /** Starts compiling the pipeline of a dispatch. */
  prepare({
    variant,
    bindings,
  }: {
    variant: KernelVariant;
    bindings: ReadonlyMap<string, unknown>;
  }): Promise<GPUComputePipeline> {
    return this.pipeline(variant, [...bindings.keys(), 'params']);
  }

  pipeline(variant: KernelVariant, names: readonly string[]): Promise<GPUComputePipeline> {
    const key = kernelKey(variant);
    let pipeline = this.pipelines.get(key);
    if (pipeline === undefined) {
      const label = `${variant.source.name}.${variant.entry}`;
      const { gpu } = this.device;
      pipeline = gpu.createComputePipelineAsync({
        label,
        layout: gpu.createPipelineLayout({ label, bindGroupLayouts: [this.layout(variant, names)] }),
        compute: { module: gpu.createShaderModule({ label, code: kernelCode(variant) }), entryPoint: variant.entry },
      });
      this.pipelines.set(key, pipeline);
    }
    return pipeline;
  }
}
