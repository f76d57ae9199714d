import { shareArenas } from '../engine/arena';
import { bufferBytes } from '../engine/device';
import { weightBytes } from '../model/weights';
import type { WorkspacePlan } from './workspace';

const PLANS = ['prefill', 'decode'] as const;

/** Bytes of a workspace that only generates: what its prefill and decode bind, with one adapter in place, and no more. Exact. */
export function generationBytes(plan: WorkspacePlan): number {
  const bound = new Set(
    PLANS.flatMap((name) => plan.dispatches[name]).flatMap(({ bindings }) => [...bindings.values()]),
  );
  const labels = new Set([...bound].map(({ tensor }) => tensor.label));
  for (const name of PLANS) labels.add(`uniforms ${name}`);
  labels.add(`adapter ${plan.spec.adapters[0]}`).add('staging');
  const kept = plan.allocations.filter(({ label }) => labels.has(label)).map(({ bytes }) => bytes);
  const arenas = shareArenas(PLANS.map((name) => plan.arenas[name]));
  return [...kept, ...arenas].reduce((sum, bytes) => sum + bufferBytes(bytes), weightBytes(plan.spec.weights));
}
