/** The number of workgroups of a dispatch, which a device limits. */
import { LabError } from '../lib/errors';
import type { Dispatch, GridAxis } from './planner';
import { capacity } from './tensor';

/** WebGPU's default limit along an axis, which every device has at least. Operations cut what would exceed it. */
export const MOST_WORKGROUPS = 65_535;

/** Number of workgroups along an axis whose extent has this size. */
export function workgroups({ per, scale = 1 }: GridAxis, size: number): number {
  return Math.ceil((size * scale) / per);
}

/** Number of workgroups along each axis, at the capacity of the extents. */
export function largestGrid({ grid }: Pick<Dispatch, 'grid'>): readonly number[] {
  return grid.map((axis) => workgroups(axis, capacity(axis.extent)));
}

/**
 * Checks the largest grid of each dispatch. A dispatch beyond the limit would be invalid, and its submit would compute
 * nothing.
 * @throws LabError adapter-limits
 */
export function checkGrids(
  dispatches: readonly Dispatch[],
  { maxComputeWorkgroupsPerDimension: most }: Pick<GPUSupportedLimits, 'maxComputeWorkgroupsPerDimension'>,
): void {
  for (const dispatch of dispatches) {
    const grid = largestGrid(dispatch);
    if (grid.every((count) => count <= most)) continue;
    const { source, entry, constants } = dispatch.variant;
    throw new LabError(
      'adapter-limits',
      `The kernel ${source.name}.${entry} ${JSON.stringify(constants)} needs ${grid.join(' × ')} workgroups; ` +
        `this graphics adapter allows ${most} along each axis.`,
      'Nothing was computed. Use fewer lanes, shorter texts or another model.',
    );
  }
}
