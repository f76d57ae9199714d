/** A Hub and a storage for one test, with workers that the test starts and ends. */
import { type Remote, wrap } from 'comlink';
import { deleteDB } from 'idb';
import { inject } from 'vitest';
import type { TestModels, TestWorkerOptions } from './models.worker';
import type { HubScript, SeenRequest } from './server';

export const REPOSITORY = 'lab-tests/tiny-thinker';

/** The bundled model as a repository, with its weights on the second host. */
export const TINY: HubScript = {
  repository: REPOSITORY,
  files: Object.fromEntries(
    [
      'README.md',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ].map((name) => [name, { from: 'tiny-thinker' }]),
  ),
  large: ['model.safetensors'],
};

const JUDGE_FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

/** A judge of e2e/golden/judges as a repository whose ONNX file is in a subfolder. */
export function judgeScript(
  name: 'pair' | 'chat' | 'embedding',
  architecture: string,
  more: readonly string[] = [],
): HubScript {
  const files = [...JUDGE_FILES, ...more].map((file) => [file, { golden: `${name}/${file}` }] as const);
  return {
    repository: `lab-tests/${name}`,
    architecture,
    files: { ...Object.fromEntries(files), 'onnx/model.onnx': { golden: `${name}/model.onnx` } },
    large: ['onnx/model.onnx'],
  };
}

export class TestHub {
  readonly name = `test-${crypto.randomUUID()}`;
  readonly url = `${inject('hub')}/hubs/${crypto.randomUUID()}`;
  private readonly workers: Worker[] = [];

  async script(script: HubScript): Promise<void> {
    await fetch(this.url, { method: 'PUT', body: JSON.stringify(script) });
  }

  async seen(): Promise<readonly SeenRequest[]> {
    return (await fetch(`${this.url}/seen`)).json();
  }

  /** Starts a worker, as a newly opened page does. */
  async worker(setting: Partial<TestWorkerOptions> = {}): Promise<Remote<TestModels>> {
    const worker = new Worker(new URL('./models.worker.ts', import.meta.url), { type: 'module' });
    this.workers.push(worker);
    const remote = wrap<TestModels>(worker);
    await remote.open({ name: this.name, base: new URL('/', location.href).href, hub: this.url, ...setting });
    return remote;
  }

  /** Terminates the worker at once, as a reload does. */
  reload(setting: Partial<TestWorkerOptions> = {}): Promise<Remote<TestModels>> {
    this.endAll();
    return this.worker(setting);
  }

  async dispose(): Promise<void> {
    this.endAll();
    await deleteDB(this.name);
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(this.name, { recursive: true }).catch(() => {});
  }

  private endAll(): void {
    for (const worker of this.workers.splice(0)) worker.terminate();
  }
}
