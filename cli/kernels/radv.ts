/** Compiles kernels with Mesa's RADV, the Vulkan driver of AMD's GPUs, on machines without such a GPU. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { kernelCode } from '../../src/engine/kernel';
import { root } from '../root';
import type { ReachableKernel } from './reachable';

/** The GPUs that are compiled for, by the name that RADV_FORCE_FAMILY takes. */
export const GPUS = { navi21: 'RDNA2', navi31: 'RDNA3', vega10: 'GCN5' } as const;
export type Gpu = keyof typeof GPUS;
export const GPU_NAMES: readonly Gpu[] = ['navi21', 'navi31', 'vega10'];

/** Statistics under the names that the driver gives them. */
const DriverSchema = v.object({
  'Subgroup size': v.number(),
  VGPRs: v.number(),
  'Spilled VGPRs': v.number(),
  'Spilled SGPRs': v.number(),
  'Scratch size': v.number(),
  'LDS size': v.number(),
  'Subgroups per SIMD': v.number(),
  Instructions: v.number(),
  Latency: v.number(),
  'Inverse Throughput': v.number(),
});

export interface Statistics {
  /** Vector registers of a thread. */
  readonly registers: number;
  /** Vector and scalar registers that did not fit. */
  readonly spills: number;
  /** Bytes of memory that take the place of registers. */
  readonly scratch: number;
  /** Bytes of workgroup memory. */
  readonly lds: number;
  /** Subgroups that a SIMD can hold at once, and their size. */
  readonly waves: number;
  readonly subgroup: number;
  readonly instructions: number;
  /** The compiler's estimates in cycles, in which a loop counts once. */
  readonly latency: number;
  readonly cycles: number;
}

export type Compiled = Statistics | { readonly error: string };

const ResultSchema = v.union([v.object({ error: v.string() }), DriverSchema]);

function statisticsOf(text: string): Compiled {
  const found = v.parse(ResultSchema, JSON.parse(text));
  if ('error' in found) return found;
  return {
    registers: found.VGPRs,
    spills: found['Spilled VGPRs'] + found['Spilled SGPRs'],
    scratch: found['Scratch size'],
    lds: found['LDS size'],
    waves: found['Subgroups per SIMD'],
    subgroup: found['Subgroup size'],
    instructions: found.Instructions,
    latency: found.Latency,
    cycles: found['Inverse Throughput'],
  };
}

/** RADV's library, as Debian, Fedora and Arch name it. */
function library(): string | null {
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  const folders = [`/usr/lib/${machine}-linux-gnu`, '/usr/lib64', '/usr/lib'];
  return folders.map((folder) => `${folder}/libvulkan_radeon.so`).find((file) => existsSync(file)) ?? null;
}

/** Explains why nothing can be compiled on this machine. Null if it can. */
export async function missingRadv(): Promise<string | null> {
  const radv = library();
  if (radv === null) return 'Mesa’s RADV is not installed (mesa-vulkan-drivers)';
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler (gcc)';
  if (!existsSync('/usr/include/vulkan/vk_icd.h')) return 'the headers of Vulkan are not installed (libvulkan-dev)';
  try {
    const { driver } = await compile('navi21', radv, [], false);
    return Number(/\bMesa (\d+)/.exec(driver)?.[1]) >= 25 ? null : `Mesa 25 is needed, and this is ${driver}`;
  } catch (error) {
    return `RADV does not open without a GPU: ${error instanceof Error ? error.message.trim() : String(error)}`;
  }
}

const source = join(root, 'cli/kernels/driver.c');
const cacheFolder = join(root, 'node_modules/.cache/kernels');

/** Most results that are kept for a GPU. */
const CACHED = 5000;

const CacheSchema = v.object({ driver: v.string(), results: v.record(v.string(), v.string()) });
type Cache = v.InferOutput<typeof CacheSchema>;

function readCache(file: string): Cache {
  try {
    return v.parse(CacheSchema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { driver: '', results: {} };
  }
}

function writeCache(file: string, { driver, results }: Cache): void {
  mkdirSync(cacheFolder, { recursive: true });
  const newest = Object.fromEntries(Object.entries(results).slice(-CACHED));
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ driver, results: newest }));
  renameSync(`${file}.${process.pid}`, file);
}

const hash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\0')).digest('hex');

/** Changes with everything but the kernel that a result depends on. */
function toolchain(driver: string): string {
  const { size, mtimeMs } = statSync(driver);
  const dawn = readFileSync(join(root, 'node_modules/webgpu/package.json'), 'utf8');
  const own = ['driver.c', 'compile.mjs'].map((file) => readFileSync(join(root, 'cli/kernels', file), 'utf8'));
  return hash(String(size), String(mtimeMs), dawn, ...own);
}

export interface CompiledKernels {
  /** For example "radv: Mesa 25.0.7". */
  readonly driver: string;
  /** In the order of the kernels. */
  readonly results: readonly Compiled[];
}

/**
 * Compiles for one GPU. Results are kept in node_modules/.cache by the hash of the kernel's code.
 * @throws if the driver cannot be built or opened, or crashes
 */
export async function compileFor(gpu: Gpu, kernels: readonly ReachableKernel[]): Promise<CompiledKernels> {
  const { driver, lines } = await cachedLines(gpu, kernels, false);
  return { driver, results: lines.map(statisticsOf) };
}

const AssemblySchema = v.object({ Assembly: v.string() });

/** As `compileFor`, with the assembly of each kernel. @throws also if a kernel does not compile */
export async function assemble(
  gpu: Gpu,
  kernels: readonly ReachableKernel[],
): Promise<readonly { readonly statistics: Statistics; readonly assembly: string }[]> {
  const { lines } = await cachedLines(gpu, kernels, true);
  return lines.map((line, i) => {
    const statistics = statisticsOf(line);
    if ('error' in statistics) throw new Error(`${kernels[i]?.variant.source.name}: ${statistics.error}`);
    return { statistics, assembly: v.parse(AssemblySchema, JSON.parse(line)).Assembly };
  });
}

async function cachedLines(
  gpu: Gpu,
  kernels: readonly ReachableKernel[],
  assembly: boolean,
): Promise<{ driver: string; lines: readonly string[] }> {
  const radv = library();
  if (radv === null) throw new Error('RADV is not installed.');
  const version = toolchain(radv);
  const jobs = kernels.map(({ variant, bindings }) => {
    const job = { code: kernelCode(variant), entry: variant.entry, bindings };
    return { job, key: hash(version, job.code, job.entry, JSON.stringify(bindings)) };
  });
  const cacheFile = join(cacheFolder, `${gpu}${assembly ? '-assembly' : ''}.json`);
  const cached = readCache(cacheFile);
  const missing = jobs.filter(({ key }) => cached.results[key] === undefined);
  const made =
    missing.length === 0
      ? null
      : await compile(
          gpu,
          radv,
          missing.map(({ job }) => job),
          assembly,
        );
  const driver = made?.driver ?? cached.driver;
  const results = { ...cached.results };
  missing.forEach(({ key }, i) => {
    results[key] = made?.lines[i] ?? '';
  });
  if (made !== null) writeCache(cacheFile, { driver, results });
  return { driver, lines: jobs.map(({ key }) => results[key] ?? '') };
}

/** Runs compile.mjs with this project's driver, in a folder of its own. */
async function compile(
  gpu: Gpu,
  radv: string,
  jobs: readonly object[],
  assembly: boolean,
): Promise<{ driver: string; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'thinking-lab-kernels-'));
  const inFolder = (name: string) => join(folder, name);
  try {
    buildDriver(inFolder('driver.so'));
    const icd = { library_path: inFolder('driver.so'), api_version: '1.3.0' };
    writeFileSync(inFolder('icd.json'), JSON.stringify({ file_format_version: '1.0.0', ICD: icd }));
    writeFileSync(inFolder('jobs.json'), JSON.stringify(jobs));
    const child = spawn(
      process.execPath,
      [join(root, 'cli/kernels/compile.mjs'), inFolder('jobs.json'), inFolder('results.jsonl')],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'pipe'],
        env: {
          ...process.env,
          RADV_FORCE_FAMILY: gpu,
          MESA_SHADER_CACHE_DISABLE: 'true',
          VK_ICD_FILENAMES: inFolder('icd.json'),
          KERNELS_DRIVER: radv,
          KERNELS_STATISTICS: inFolder('statistics.json'),
          ...(assembly && { KERNELS_ASSEMBLY: '1' }),
        },
      },
    );
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [driver, ...lines] = existsSync(inFolder('results.jsonl'))
      ? readFileSync(inFolder('results.jsonl'), 'utf8').trimEnd().split('\n')
      : [];
    if (code !== 0 || driver === undefined || lines.length !== jobs.length)
      throw new Error(`RADV for ${gpu} ended after ${lines.length} of ${jobs.length} kernels:\n${complaints}`);
    return { driver: v.parse(v.string(), JSON.parse(driver)), lines };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function buildDriver(file: string): void {
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', source, '-ldl', '-lpthread', '-o', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`driver.c does not compile:\n${stderr}`);
}
