/** Import this first in a worker: a broadcast message then destroys the worker's GPU devices. */
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
