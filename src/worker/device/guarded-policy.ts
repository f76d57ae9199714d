import type { Device } from '../../engine/device';
import { LabError } from '../../lib/errors';
import type { Policy } from '../../tpo/policy';

/**
 * The browser reports a lost device a little after the errors that it causes. We wait this long for it. Milliseconds.
 */
const LOSS_REPORT_MS = 1000;

/** The fault of the device if that is why something failed, otherwise the error itself. */
export async function causeOf(error: unknown, device: Device): Promise<unknown> {
  if (error instanceof LabError) return error;
  try {
    device.check();
  } catch (fault) {
    return fault;
  }
  const loss = await Promise.race([
    device.lost,
    new Promise<null>((resolve) => setTimeout(resolve, LOSS_REPORT_MS, null)),
  ]);
  return loss ?? error;
}

/**
 * A policy that reports the faults of its device as typed errors. It returns a result only if the device had no fault
 * when the call ended: results after a loss or a refused command are wrong.
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
