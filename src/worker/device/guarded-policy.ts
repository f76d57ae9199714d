import type { Device } from '../../engine/device';
import { LabError } from '../../lib/errors';
import type { Policy } from '../../tpo/policy';

/** The browser tells of a lost device a little later than its consequences; no longer than this. Milliseconds. */
const NEWS_MS = 1000;

/** The loss of the device where that is why something failed, else the error itself. */
export async function causeOf(error: unknown, device: Device): Promise<unknown> {
  if (error instanceof LabError) return error;
  const loss = await Promise.race([device.lost, new Promise<null>((resolve) => setTimeout(resolve, NEWS_MS, null))]);
  return loss ?? error;
}

/**
 * The policy, whose errors are the loss of its device where that is what caused them. What it returns was computed by a device that
 * was there when the call ended.
 */
export function guardPolicy(policy: Policy, device: Device): Policy {
  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        const result = await call(...args);
        await device.settleLoss();
        return result;
      } catch (error) {
        throw await causeOf(error, device);
      }
    };
  return {
    ...policy,
    generate: guarded(policy.generate),
    logps: guarded(policy.logps),
    verdictLogps: guarded(policy.verdictLogps),
    beginIteration: guarded(policy.beginIteration),
    trainStep: guarded(policy.trainStep),
    sftStep: guarded(policy.sftStep),
    state: guarded(policy.state),
    setState: guarded(policy.setState),
  };
}
