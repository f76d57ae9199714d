/**
 * Compiles kernels for one GPU, in a process of its own: `node compile.mjs JOBS RESULTS`. The environment selects the
 * driver (radv.ts), which must be known before Dawn starts. Plain JavaScript, so that it runs without Vite.
 *
 * Writes the adapter's description as a line of JSON, then one line for each job: the driver's statistics, or
 * `{"error": …}`.
 */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { create } from 'webgpu';

/**
 * @typedef {object} Job
 * @property {string} code WGSL
 * @property {string} entry
 * @property {GPUBindGroupLayoutEntry[]} bindings
 */

const [, , jobsFile = '', resultsFile = ''] = process.argv;
const statisticsFile = process.env.KERNELS_STATISTICS ?? '';

// Kept in a variable: an adapter of a collected instance crashes.
const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (adapter === null) throw new Error('Dawn found no adapter.');
/** @param {unknown} line */
const write = (line) => appendFileSync(resultsFile, `${JSON.stringify(line)}\n`);
writeFileSync(resultsFile, '');
write(adapter.info.description);

// As src/engine/device.ts: all features that kernels may need, and the adapter's own limits.
const { limits } = adapter;
const device = await adapter.requestDevice({
  requiredFeatures: /** @type {const} */ (['shader-f16', 'subgroups']).filter((name) => adapter.features.has(name)),
  requiredLimits: {
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
  },
});

/** @param {Job} job */
async function compile({ code, entry, bindings }) {
  rmSync(statisticsFile, { force: true });
  try {
    const layout = device.createBindGroupLayout({ entries: bindings });
    await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code }), entryPoint: entry },
    });
    return JSON.parse(readFileSync(statisticsFile, 'utf8'));
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** @type {Job[]} */
const jobs = JSON.parse(readFileSync(jobsFile, 'utf8'));
for (const job of jobs) write(await compile(job));
// Dawn's threads would keep the process alive.
process.exit(0);
