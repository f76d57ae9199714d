import { LANE_WORDS } from '../../engine/ops/sample';
import type { Buffers } from '../../engine/plan';
import { at } from '../../lib/assert';
import { laneRow, promptRow } from './generation-plans';
import type { GeneratorParts } from './generator-parts';
import type { OpenPrompt } from './request';
import { type RowInput, writeRows } from './row-inputs';

/** A candidate that is being generated. */
export interface Candidate {
  readonly prompt: OpenPrompt;
  readonly number: number;
  /** Those that have been read. */
  readonly tokens: number[];
  /** Number of steps that have been submitted. The candidate may have ended before. */
  submitted: number;
}

/** A row of a decode step. */
interface Lane {
  /** Index of the lane's rows in the cache. */
  readonly slot: number;
  /** Null when its candidate has ended: the lane is idle, and still part of the step. */
  candidate: Candidate | null;
}

/** Idle lanes are removed when they are at least this share of a step. It costs a pause until all tokens are read. */
const IDLE_SHARE = 1 / 8;

/**
 * The lanes of the decode steps. The sampler moves a lane on by itself, so a lane is written only when a candidate
 * starts in it, and when lanes are removed.
 */
export class Lanes {
  private lanes: Lane[] = [];
  /** Slots of the cache that no lane uses. */
  private readonly freeSlots: number[];

  constructor(private readonly parts: GeneratorParts) {
    const { lanes } = parts.capacity;
    this.freeSlots = Array.from({ length: lanes }, (_, i) => lanes - 1 - i);
  }

  /** The candidate of each lane. */
  get candidates(): readonly (Candidate | null)[] {
    return this.lanes.map(({ candidate }) => candidate);
  }

  /** The most steps that a candidate may still need. */
  get longest(): number {
    const left = this.lanes.map(({ candidate }) => (candidate ? candidate.prompt.limit - candidate.submitted : 0));
    return Math.max(0, ...left);
  }

  /** Whether many lanes are idle. */
  get areSparse(): boolean {
    const idle = this.lanes.filter(({ candidate }) => candidate === null).length;
    return idle > 0 && idle >= IDLE_SHARE * this.lanes.length;
  }

  /** Starts candidates in idle lanes and in new ones. @param step the row of `written` that they write to next */
  start(buffers: Buffers, next: () => OpenPrompt | undefined, step: number): void {
    const begun: number[] = [];
    for (let i = 0; i < this.parts.capacity.lanes; i++) {
      const lane = this.lanes[i];
      if (lane?.candidate) continue;
      const prompt = next();
      if (prompt === undefined) break;
      const candidate = { prompt, number: prompt.started++, tokens: [], submitted: 0 };
      if (lane) lane.candidate = candidate;
      else this.lanes.push({ slot: this.freeSlots.pop() as number, candidate });
      begun.push(i);
    }
    this.write(buffers, begun, step);
  }

  /** Marks the lane of a candidate as idle. */
  end(candidate: Candidate): void {
    for (const lane of this.lanes) if (lane.candidate === candidate) lane.candidate = null;
  }

  /** Removes the idle lanes, and writes the others anew. Only when all tokens have been read. */
  rebuild(buffers: Buffers): void {
    for (const { slot, candidate } of this.lanes) if (candidate === null) this.freeSlots.push(slot);
    this.lanes = this.lanes.filter(({ candidate }) => candidate !== null);
    for (const { candidate } of this.lanes) if (candidate) candidate.submitted = candidate.tokens.length;
    const all = this.lanes.map((_, i) => i);
    this.write(buffers, all, 0);
  }

  /** @param indices ascending */
  private write(buffers: Buffers, indices: readonly number[], step: number): void {
    for (let from = 0; from < indices.length; ) {
      const first = at(indices, from);
      let count = 1;
      while (indices[from + count] === first + count) count++;
      const run = this.lanes.slice(first, first + count);
      writeRows(this.parts, buffers, 'lane', run.map(this.inputOf), first);
      const state = new Uint32Array(count * LANE_WORDS);
      for (const [i, { candidate }] of run.entries()) {
        if (candidate === null) continue;
        const { prompt, number, tokens } = candidate;
        state.set([prompt.request.stream, number, tokens.length, prompt.limit, step], i * LANE_WORDS);
      }
      const queue = this.parts.device.gpu.queue;
      queue.writeBuffer(buffers.get('lanes') as GPUBuffer, first * LANE_WORDS * 4, state);
      from += count;
    }
  }

  private readonly inputOf = ({ slot, candidate }: Lane): RowInput => {
    const { capacity } = this.parts;
    const { prompt, tokens } = candidate as Candidate;
    const { promptTokens } = prompt.request;
    const before = promptTokens.length - 1;
    const start = promptRow(capacity, prompt.slot);
    const firstRow = laneRow(capacity, slot);
    return {
      token: (tokens.at(-1) ?? promptTokens[before]) as number,
      position: before + tokens.length,
      kvRow: firstRow + tokens.length,
      ranges: [start, start + before, firstRow, firstRow + tokens.length + 1],
    };
  };
}
