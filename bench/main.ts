/**
 * Page of the benchmark. `npm run bench` opens it and calls `bench` or `benchModel`. Its console output is the
 * progress.
 */
import { adapterName } from '../src/engine/testing/adapter-name';
import { jax } from './jax';
import { measure } from './measure';
import { benchModel } from './model';
import { ours } from './ours';
import { tfjs } from './tfjs';

globalThis.bench = async (rounds) =>
  measure(await adapterName(navigator.gpu), [ours, jax, tfjs], rounds, (line) => console.log(line));
globalThis.benchModel = (url) => benchModel(url, (line) => console.log(line));
