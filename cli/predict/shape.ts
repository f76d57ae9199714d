/** What the assembly of a kernel does not say about a dispatch: how often its loops run, and what they read. */
import type { Gpu } from './gpus';

/** Some of the accesses of a loop or of the code around all loops. The widest ones are matched first. */
export interface Access {
  readonly count: number;
  /** Cache lines that a subgroup touches with one access; in workgroup memory, different addresses. */
  readonly different: number;
}

/** A loop of the source. */
export interface LoopShape {
  /** Iterations on average over the workgroups. */
  readonly trips: number;
  /** Iterations of the workgroup with the most. By default the same. */
  readonly most?: number;
  /** Cycles until the loads of an iteration have arrived. By default they come from the second cache. */
  readonly wait?: number;
  /** Loads. Others read one vector for each thread side by side, or touch `lines` lines each. */
  readonly loads?: readonly Access[];
  readonly lines?: number;
  /** Accesses of workgroup memory. Others read or write one value for each thread. */
  readonly shared?: readonly Access[];
  /** The part of the subgroups that execute the code behind branches. By default all. */
  readonly guarded?: number;
  /** Whether the loop reads from memory. By default it does. */
  readonly reads?: boolean;
  /** Whether the compiler may have unrolled it. */
  readonly unrolls?: boolean;
  readonly inner?: readonly LoopShape[];
}

export interface KernelShape {
  /** Workgroups that do not return at once. By default all of the grid. */
  readonly groups?: number;
  /** In the order of the source. */
  readonly loops: readonly LoopShape[];
  /** Loads, and accesses of workgroup memory, outside of all loops. */
  readonly loads?: readonly Access[];
  readonly shared?: readonly Access[];
}

/** A loop that neither reads memory nor has to be found in the assembly: if it is not, it was unrolled. */
export const inRegisters = (trips: number, shared?: readonly Access[]): LoopShape => ({
  trips,
  reads: false,
  unrolls: true,
  ...(shared && { shared }),
});

/** Lines that a subgroup touches if every group of `side` threads reads values of so many bytes side by side. */
export function linesOf({ subgroup, line }: Gpu, side: number, bytes: number): number {
  const groups = Math.max(1, subgroup / side);
  return groups * Math.max(1, Math.ceil((Math.min(side, subgroup) * bytes) / line));
}
