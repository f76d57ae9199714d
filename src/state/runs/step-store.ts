/**
 * Metrics of the optimiser steps of a run: ring buffers of f64 columns for each arm. Charts read them without
 * rendering React.
 */
import type { Arm } from '../../recipe/recipe';
import type { StepMetrics } from '../../records/training';
import { Signal } from '../signal';

export const STEP_COLUMNS = [
  'iteration',
  'loss',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/accuracies',
  'rewards/margins',
  'logps/chosen',
  'logps/rejected',
  'grad_norm',
  'learning_rate',
] as const;
export type StepColumn = (typeof STEP_COLUMNS)[number];

const CAPACITY = 32_768;

/** Steps of one arm. When the buffer is full, the oldest step is dropped. */
class Ring {
  private readonly data = new Map<StepColumn, Float64Array>();
  private capacity = 256;
  /** Number of steps pushed since the start, including dropped ones. */
  pushed = 0;

  push(step: StepMetrics): void {
    if (this.pushed >= this.capacity && this.capacity < CAPACITY) this.grow();
    const at = this.pushed % this.capacity;
    for (const name of STEP_COLUMNS) this.of(name)[at] = step[name];
    this.pushed += 1;
  }

  /** Oldest first. */
  column(name: StepColumn): Float64Array {
    const data = this.of(name);
    const start = this.pushed % this.capacity;
    if (this.pushed <= this.capacity) return data.slice(0, this.pushed);
    const out = new Float64Array(this.capacity);
    out.set(data.subarray(start));
    out.set(data.subarray(0, start), this.capacity - start);
    return out;
  }

  /** Number of the oldest step in the buffer, from 1, counted across iterations. */
  get first(): number {
    return Math.max(0, this.pushed - this.capacity) + 1;
  }

  private of(name: StepColumn): Float64Array {
    const found = this.data.get(name);
    if (found !== undefined) return found;
    const made = new Float64Array(this.capacity);
    this.data.set(name, made);
    return made;
  }

  private grow(): void {
    this.capacity *= 2;
    for (const name of STEP_COLUMNS) {
      const larger = new Float64Array(this.capacity);
      larger.set(this.of(name));
      this.data.set(name, larger);
    }
  }
}

export class StepStore extends Signal {
  private rings: Record<Arm, Ring> = { thinking: new Ring(), direct: new Ring() };
  private readonly newest = new Map<string, StepMetrics>();

  push(step: StepMetrics): void {
    // A resumed run may repeat steps from before the interruption.
    if (step.step <= (this.last(step.arm, step.iteration)?.step ?? 0)) return;
    this.rings[step.arm].push(step);
    this.newest.set(`${step.arm}/${step.iteration}`, step);
    this.changed();
  }

  reset(steps: readonly StepMetrics[]): void {
    this.rings = { thinking: new Ring(), direct: new Ring() };
    this.newest.clear();
    for (const step of steps) this.push(step);
    this.changed();
  }

  column(arm: Arm, name: StepColumn): Float64Array {
    return this.rings[arm].column(name);
  }

  first(arm: Arm): number {
    return this.rings[arm].first;
  }

  count(arm: Arm): number {
    return this.rings[arm].pushed;
  }

  /** The newest step of an iteration. */
  last(arm: Arm, iteration: number): StepMetrics | null {
    return this.newest.get(`${arm}/${iteration}`) ?? null;
  }
}

/** The steps of the run in the Lab. */
export const steps = new StepStore();
