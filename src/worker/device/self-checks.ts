/** Checks that the device computes what the engine relies on. */
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { embedding } from '../../engine/ops/embedding';
import { runOnce } from '../../engine/run-once';
import type { Tuning } from '../../engine/tuning';
import { float16ToFloat32 } from '../../lib/half';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import type { SelfCheck } from '../../records/device';
import type { ParityFiles } from '../../training/parity/golden-folder';
import { parity } from '../../training/parity/parity';
import type { Comparison } from '../../training/parity/tolerances';
import { SELF_TEST_FILES } from './self-test-files';

export interface CheckedDevice {
  readonly device: Device;
  readonly cache: PipelineCache;
  readonly tuning: Tuning;
  readonly templates: TemplateRenderer;
}

/** Turns an error into a failed check. */
async function check(name: string, run: () => Promise<Omit<SelfCheck, 'name'>>): Promise<SelfCheck> {
  try {
    return { name, ...(await run()) };
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Logits, gradients, and everything else that PyTorch computed for the small model. */
export async function checkNumbers(
  { device, cache, tuning, templates }: CheckedDevice,
  read: ParityFiles['read'],
): Promise<SelfCheck[]> {
  const GROUPS = {
    Logits: (quantity: string) => quantity === 'logits',
    Gradient: (quantity: string) => quantity.startsWith('DPO gradient'),
    'Loss, log-probabilities and greedy tokens': () => true,
  };
  let rows: readonly Comparison[] = [];
  const failed = await check('Logits', async () => {
    rows = await parity({ device, cache, tuning, templates, expand: false }, { names: SELF_TEST_FILES, read });
    return { passed: true, detail: '' };
  });
  if (!failed.passed) return [failed];
  const left = new Set(rows);
  return Object.entries(GROUPS).map(([name, belongs]) => {
    const group = [...left].filter(({ quantity }) => belongs(quantity));
    for (const row of group) left.delete(row);
    const bad = group.filter(({ ok }) => !ok);
    const worst = group.reduce((most, { maxRelative }) => Math.max(most, maxRelative), 0);
    const [first] = bad;
    return {
      name,
      passed: group.length > 0 && first === undefined,
      detail:
        first === undefined
          ? `Differ from PyTorch by at most ${worst.toExponential(1)} of the largest entry (${group.length} compared).`
          : `${bad.length} of ${group.length} compared differ from PyTorch, first ${first.quantity}: by ` +
            `${first.maxAbsolute.toExponential(1)}, and ${first.tolerance} is allowed.`,
    };
  });
}

/** Bits of subnormal numbers of f16, both signs, the smallest and the largest among them. */
const SUBNORMAL = Uint16Array.of(0x0001, 0x0002, 0x0155, 0x03ff, 0x8001, 0x8200, 0x83ff, 0x0200);

/** Scales of quantised weights may be subnormal in f16. A device that flushes them to zero loses whole blocks. */
export function checkSubnormals({ device, cache, tuning }: CheckedDevice): Promise<SelfCheck> {
  return check('Small f16 numbers', async () => {
    const [rows, cols] = [2, 4];
    const read = await runOnce(
      device,
      cache,
      (p) => {
        const bound = { tensor: p.slot('weight', [(rows * cols) / 2]) };
        const part = { first: 0, end: rows, storage: 'f16', bound } as const;
        return embedding(p, p.slot('tokens', [rows], 'u32'), { label: 'weight', rows, cols, parts: [part] });
      },
      { tokens: Uint32Array.of(0, 1), weight: new Uint32Array(SUBNORMAL.buffer) },
      tuning,
    );
    const got = new Float32Array(read);
    const lost = float16ToFloat32(SUBNORMAL).filter((value, i) => got[i] !== value).length;
    return {
      passed: lost === 0,
      detail:
        lost === 0
          ? 'unpack2x16float keeps numbers below 2⁻¹⁴.'
          : `unpack2x16float changes ${lost} of ${SUBNORMAL.length} numbers below 2⁻¹⁴.`,
    };
  });
}

/** The largest grid computes every workgroup, and the device refuses a larger one instead of dropping a part of it. */
export function checkGrid({ device, cache, tuning }: CheckedDevice): Promise<SelfCheck> {
  return check('Largest grid', async () => {
    const most = device.limits.maxComputeWorkgroupsPerDimension;
    const value = 0.5;
    const rows = async (on: Device, cacheOf: PipelineCache, count: number): Promise<number> => {
      const read = await runOnce(
        on,
        cacheOf,
        (p) => {
          const bound = { tensor: p.slot('weight', [4]) };
          const weight = {
            label: 'weight',
            rows: 1,
            cols: 4,
            parts: [{ first: 0, end: 1, storage: 'f32', bound } as const],
          };
          return embedding(p, p.slot('tokens', [count], 'u32'), weight);
        },
        { weight: new Float32Array(4).fill(value) },
        tuning,
      );
      return new Float32Array(read).filter((x) => x === value).length / 4;
    };
    const computed = await rows(device, cache, most);
    if (computed !== most)
      return { passed: false, detail: `Of ${most} workgroups along one axis, ${computed} were computed.` };
    // A refused command makes a device unusable, so this one has its own.
    const other = await Device.open(browserGpu());
    try {
      const error: unknown = await rows(other, new PipelineCache(other), most + 1).catch((reason: unknown) => reason);
      const refused = error instanceof Error;
      return {
        passed: refused,
        detail: refused
          ? `${most} workgroups along one axis are computed, and one more is refused.`
          : `${most + 1} workgroups along one axis are not refused.`,
      };
    } finally {
      other.destroy();
    }
  });
}
