/** The shares of the ideal speed that plans should reach. */
import type { GpuName } from './gpus';
import type { Model, TaskName } from './tasks';

type Shares = Readonly<Record<GpuName, number>>;

const shares = (m2: number, rtx3060: number, irisXe: number): Shares => ({ m2, rtx3060, irisXe });

/** SmolLM2 is so small that the dispatches of a step take longer than its weights on a fast GPU. */
const DECODE = { small: shares(0.35, 0.18, 0.3), large: shares(0.45, 0.4, 0.4) };
const PREFILL = shares(0.65, 0.65, 0.45);
const TRAINING = shares(0.6, 0.55, 0.45);

/** Null without a target: for other numbers of lanes, and for the bundled model. */
export function targetOf({ curated }: Model, task: TaskName, gpu: GpuName): number | null {
  if (curated === null) return null;
  if (task === 'prefill') return PREFILL[gpu];
  if (task === 'training') return TRAINING[gpu];
  return task === 'decode 8' ? DECODE[curated.startsWith('SmolLM2') ? 'small' : 'large'][gpu] : null;
}
