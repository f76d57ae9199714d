/**
 * The self-test of a device: whether it computes right, and how near each kind of work comes to its limits. Takes
 * up to a minute on a software adapter.
 */
import { chosenOf } from '../../engine/tuning';
import type { TensorFile } from '../../formats/tensor-file';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, DeviceReport, SelfTestProgress, WorkSpeed } from '../../records/device';
import type { ParityFiles } from '../../training/parity/golden-folder';
import { Workspace } from '../../training/workspace';
import type { WorkspacePlan } from '../../training/workspace-plan';
import { type CheckedDevice, checkGrid, checkNumbers, checkSubnormals } from './self-checks';
import { shownLanes, WorkTimer } from './self-timing';

export interface SelfTestParts extends CheckedDevice {
  readonly info: DeviceInfo;
  readonly recipe: Recipe;
  /** Plans the work of the recipe, which is timed. */
  plan(): Promise<WorkspacePlan>;
  readonly weights: TensorFile;
  /** Reads a file of the small model. */
  readonly read: ParityFiles['read'];
  onProgress(progress: SelfTestProgress): void;
  readonly signal: AbortSignal;
}

/** The key of a decision, with its number of rows in words. */
const inWords = (key: string): string =>
  key
    .replace(/ ≤Infinity$/, ', more rows')
    .replace(/ ≤(\d+)$/, (_, rows: string) => (rows === '1' ? ', 1 row' : `, up to ${rows} rows`));

/** @throws LabError out-of-memory, device-lost; the signal's reason */
export async function selfTest(parts: SelfTestParts): Promise<DeviceReport> {
  const { info, recipe, signal, onProgress } = parts;
  let done = 0;
  let total = 7;
  const step = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    onProgress({ doing, done: done++, total });
    return work();
  };
  const checks = [
    ...(await step('Comparing a small model with PyTorch', () => checkNumbers(parts, parts.read))),
    await step('Checking small f16 numbers', () => checkSubnormals(parts)),
    await step('Checking the largest grid', () => checkGrid(parts)),
  ];
  const report = {
    version: 1,
    date: new Date().toISOString(),
    browser: navigator.userAgent,
    device: info,
    model: recipe.model,
    checks,
  } as const;
  // The speed of wrong results is of no interest.
  if (checks.some(({ passed }) => !passed)) return { ...report, speeds: [], variants: {} };

  const workspace = await step('Loading the model', async () =>
    Workspace.make(parts.device, parts.cache, await parts.plan(), parts.weights),
  );
  const timer = new WorkTimer(workspace, info.speed, recipe);
  total += timer.lanes.length - 1;
  const prefill = await step('Timing prefill', () => timer.prefill());
  const decode: (WorkSpeed & { readonly lanes: number })[] = [];
  for (const lanes of timer.lanes) {
    const timed = await step(`Timing decode, ${lanes === 1 ? '1 lane' : `${lanes} lanes`}`, () => timer.decode(lanes));
    decode.push({ ...timed, lanes });
  }
  const training = await step('Timing training', () => timer.training());
  parts.device.check();
  const { spec, decisions } = workspace.plan;
  const chosen = [...decisions.values()].map(
    ({ key, candidates }) => [inWords(key), chosenOf(candidates, spec.tuning.choices[key]) ?? ''] as const,
  );
  return {
    ...report,
    speeds: [prefill, ...shownLanes(decode), training],
    variants: Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
