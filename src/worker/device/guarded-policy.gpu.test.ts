import { expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { ScriptedPolicy } from '../../tpo/testing/scripted-policy';
import { causeOf, guardPolicy } from './guarded-policy';

/** Copies past the end of a buffer, which a device refuses. */
function copyTooMuch({ gpu }: Device): void {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = [16, 32].map((size) => gpu.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(from, 0, to, 0, 32);
  gpu.queue.submit([encoder.finish()]);
}

it('returns no result that was computed after a refused command', async () => {
  const device = await Device.open(browserGpu());
  const scripted = new ScriptedPolicy();
  const policy = guardPolicy(
    {
      contextLength: scripted.contextLength,
      lanes: scripted.lanes,
      costs: scripted.costs,
      memory: scripted.memory,
      encodePrompt: (message) => scripted.encodePrompt(message),
      decode: (tokens) => scripted.decode(tokens),
      generate: (...request) => scripted.generate(...request),
      logps: (...request) => scripted.logps(...request),
      verdictLogps: (...request) => scripted.verdictLogps(...request),
      beginIteration: (arm) => scripted.beginIteration(arm),
      trainStep: (...request) => scripted.trainStep(...request),
      sftStep: (...request) => scripted.sftStep(...request),
      async state(arm) {
        copyTooMuch(device);
        await device.gpu.queue.onSubmittedWorkDone();
        return scripted.state(arm);
      },
      setState: (arm, state) => scripted.setState(arm, state),
      initialState: (arm, seed) => scripted.initialState(arm, seed),
      dispose: () => scripted.dispose(),
    },
    device,
  );
  await policy.setState('direct', await policy.initialState('direct', 1));
  await policy.beginIteration('direct');
  await expect(policy.state('direct')).rejects.toMatchObject({ code: 'gpu-error' });
  await expect(policy.beginIteration('direct'), 'the device stays unusable').rejects.toMatchObject({
    code: 'gpu-error',
  });
  await expect(causeOf(new TypeError('a consequence'), device)).resolves.toMatchObject({ code: 'gpu-error' });
  device.destroy();
});
