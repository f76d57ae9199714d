/** Share of the machine's memory that the GPU's work may take: an integrated GPU lives in the same. */
const SHARE = 0.5;
/** GiB, where the browser does not tell. */
const USUAL = 4;

/** As the browser tells it, in GiB: rounded, and capped (at 8 in most), so that a large machine is taken for a smaller one. */
function machineMemory(): number {
  return 'deviceMemory' in navigator && typeof navigator.deviceMemory === 'number' ? navigator.deviceMemory : USUAL;
}

/** WebGPU does not tell how much memory there is. Bytes. */
export function judgesYield(policyBytes: number, judgeBytes: number, memory = machineMemory()): boolean {
  return policyBytes + judgeBytes > SHARE * memory * 2 ** 30;
}
