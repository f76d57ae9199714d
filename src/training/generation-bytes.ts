import { shareArenas } from '../engine/arena';
import { bufferBytes } from '../engine/device';
import type { WorkspacePlan } from './workspace';

const GENERATION = ['prefill', 'decode'] as const;

/**
 * Bytes of generation alone, exactly: what of a plan prefill and decode use. No optimiser, no batch of pairs, and an arena of
 * their own size.
 */
export function generationBytes(plan: WorkspacePlan): number {
  const slots = GENERATION.flatMap((name) => plan.dispatches[name])
    .flatMap(({ bindings }) => [...bindings.values()])
    .filter(({ tensor }) => tensor.kind === 'slot');
  const used = new Set(slots.map(({ tensor }) => tensor.label));
  const kept = plan.allocations.filter(
    ({ part, label }) =>
      used.has(label) || part === 'adapters' || part === 'staging' || GENERATION.some((name) => label === `uniforms ${name}`),
  );
  const weights = plan.parts.find(({ name }) => name === 'weights')?.bytes ?? 0;
  const arenas = shareArenas(GENERATION.map((name) => plan.arenas[name]));
  return [...kept.map(({ bytes }) => bytes), ...arenas].reduce((sum, bytes) => sum + bufferBytes(bytes), weights);
}
