/**
 * Times decode steps with different numbers of lanes, to choose the number of a run. It loads no weights: its buffers
 * hold zeros, which take as long to read and to compute with.
 */
import { layoutArena, shareArenas } from '../engine/arena';
import type { Device } from '../engine/device';
import type { PipelineCache } from '../engine/kernel';
import { LANE_WORDS } from '../engine/ops/sample';
import { Pace } from '../engine/pace';
import { type Buffers, Plan, uniformBytes } from '../engine/plan';
import { at } from '../lib/assert';
import { type GenerationCapacity, laneRow, promptRow, writtenSteps } from '../model/generation/generation-plans';
import { type RowInput, writeRows } from '../model/generation/row-inputs';
import type { Recipe } from '../recipe/recipe';
import { type DecodePlan, generatedSoFar } from './lane-choice';
import type { WorkspacePlan } from './workspace-plan';

/** A measurement lasts at least so many milliseconds, many times a round trip of 0.2 to 2.3 ms. */
const SHORTEST_MS = 25;
/** The shortest measurement of a number of lanes counts, because other work on the device only adds time. */
const MEASUREMENTS = 4;
/** After so many milliseconds two measurements suffice. */
const MOST_MS = 300;

export class DecodeTimer {
  private readonly pace: Pace;

  private constructor(
    private readonly device: Device,
    private readonly cache: PipelineCache,
    private readonly plan: WorkspacePlan,
    private readonly recipe: Recipe,
    /** Buffers of all slots. */
    private readonly buffers: Buffers,
  ) {
    this.pace = new Pace(device);
  }

  /**
   * Allocates the buffers of decoding.
   * @param plan has room for the most lanes that are timed
   * @throws LabError out-of-memory, device-lost
   */
  static async make(device: Device, cache: PipelineCache, plan: WorkspacePlan, recipe: Recipe): Promise<DecodeTimer> {
    const { weights, adapter } = plan.spec;
    const sizes = new Map([...weights.buffers, ...plan.allocations].map(({ label, bytes }) => [label, bytes]));
    sizes.set('adapter', adapter.size * 4);
    const bound = plan.dispatches.decode.flatMap(({ bindings }) => [...bindings.values()]);
    const labels = new Set(bound.filter(({ tensor }) => tensor.kind === 'slot').map(({ tensor }) => tensor.label));
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const slots = [...labels].map((label) => ({ label, bytes: sizes.get(label) ?? 0, usage }));
    const allocated = await device.allocate(slots);
    const buffers = new Map(slots.map(({ label }, i) => [label, at(allocated, i)]));
    return new DecodeTimer(device, cache, plan, recipe, buffers);
  }

  /**
   * Seconds of a step of so many lanes, at the lengths of the recipe.
   * @throws LabError out-of-memory, device-lost; the signal's reason
   */
  async seconds({ capacity, dispatches }: DecodePlan, signal: AbortSignal): Promise<number> {
    const { device, cache, buffers, recipe } = this;
    const { temperature, topK, topP, seed } = recipe;
    const { lanes, maxNewTokens } = capacity;
    const layout = layoutArena(dispatches);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const allocated = await device.allocate([
      {
        label: 'lanes',
        bytes: uniformBytes(dispatches),
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      },
      ...shareArenas([layout]).map((bytes) => ({ label: 'lanes', bytes, usage })),
    ]);
    try {
      const [uniforms, ...arena] = allocated;
      const plan = await Plan.make(cache, dispatches, layout, arena, uniforms as GPUBuffer);
      const values = { lanes, temperature, topK, topP, seed };
      plan.prepare(values);
      const most = Math.max(1, Math.min(writtenSteps(capacity), maxNewTokens - generatedSoFar(maxNewTokens)));
      const time = async (steps: number): Promise<number> => {
        signal.throwIfAborted();
        this.writeLanes(capacity);
        const began = performance.now();
        this.pace.submit(
          'lanes',
          Array.from({ length: steps }, () => ({ plan, buffers, values })),
        );
        await device.gpu.queue.onSubmittedWorkDone();
        device.check();
        return performance.now() - began;
      };
      // The driver may compile during the first step. Its time is an upper bound nevertheless.
      let step = await time(1);
      const began = performance.now();
      for (let i = 0, steps = 1; i < MEASUREMENTS && (i < 2 || performance.now() - began < MOST_MS); i++) {
        // Repetitions grow while the round trip hides the work.
        for (let elapsed = 0; elapsed < SHORTEST_MS; ) {
          steps = Math.min(most, Math.max(steps, Math.ceil(SHORTEST_MS / step)));
          elapsed = await time(steps);
          step = Math.min(step, elapsed / steps);
          if (steps === most) break;
        }
      }
      return step / 1000;
    } finally {
      for (const buffer of allocated) device.free(buffer);
    }
  }

  dispose(): void {
    for (const buffer of this.buffers.values()) this.device.free(buffer);
  }

  /** Writes lanes in the middle of completions of the longest prompts, K of each. */
  private writeLanes(capacity: GenerationCapacity): void {
    const { device, plan, buffers, recipe } = this;
    const { lanes, maxNewTokens, maxPrompt } = capacity;
    const before = maxPrompt - 1;
    const generated = generatedSoFar(maxNewTokens);
    const rows = Array.from({ length: lanes }, (_, lane): RowInput => {
      const start = promptRow(capacity, Math.floor(lane / recipe.k));
      const first = laneRow(capacity, lane);
      return {
        token: 0,
        position: before + generated,
        kvRow: first + generated,
        ranges: [start, start + before, first, first + generated + 1],
      };
    });
    const { vocabulary } = plan.spec.weights.model.config;
    writeRows({ device, capacity, vocabulary, positions: plan.positions }, buffers, 'lane', rows);
    const state = new Uint32Array(lanes * LANE_WORDS);
    for (let lane = 0; lane < lanes; lane++) state.set([0, lane, generated, maxNewTokens + 1, 0], lane * LANE_WORDS);
    device.gpu.queue.writeBuffer(buffers.get('lanes') as GPUBuffer, 0, state);
  }
}
