/** The GPU devices of the worker that imports this first can be taken from it by a message. */
import { LOSE_DEVICES } from './lose-devices';

const devices: GPUDevice[] = [];
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (...args) {
  const device = await requestDevice.apply(this, args);
  devices.push(device);
  return device;
};
new BroadcastChannel(LOSE_DEVICES).addEventListener('message', () => {
  for (const device of devices.splice(0)) device.destroy();
});
