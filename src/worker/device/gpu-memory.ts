/** Share of the machine's memory that the GPU may use: an integrated GPU shares the memory with everything else. */
const SHARE = 0.5;
/** GiB to assume if the browser does not say. */
const USUAL = 4;

/** GiB by the browser, rounded and capped (mostly at 8), so a large machine looks smaller than it is. */
export function machineMemory(): number {
  return 'deviceMemory' in navigator && typeof navigator.deviceMemory === 'number' ? navigator.deviceMemory : USUAL;
}

/** Whether a plan leaves the rest of the machine enough memory. An estimate. @param memory of the machine in GiB */
export function leavesEnoughMemory(bytes: number, memory: number): boolean {
  return bytes <= SHARE * memory * 2 ** 30;
}

/**
 * Whether judges have to free their GPU memory before the policy trains. This is an estimate, because WebGPU does not
 * report how much memory there is.
 * @param policyBytes and `judgeBytes`: GPU memory that each needs
 * @param memory of the machine in GiB
 */
export function judgesMustFreeMemory(policyBytes: number, judgeBytes: number, memory = machineMemory()): boolean {
  return !leavesEnoughMemory(policyBytes + judgeBytes, memory);
}
