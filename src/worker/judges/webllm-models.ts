/**
 * WebLLM's models on this device, its own and those that the user added: their list, sizes, downloads and deletion.
 */

import { type ListedModel, loadPhase, STARTING } from '../../judges/webllm/engine';
import { checkedRecord, folderOf, needsF16, nominalBytes, type WebllmRecord } from '../../judges/webllm/record';
import { type WebllmCatalog, WebllmSession, type WebllmSource } from '../../judges/webllm/session';
import { LabError } from '../../lib/errors';
import type { DeviceInfo, StorageInfo } from '../../records/device';
import type { JudgeState, WebllmModel } from '../../records/judges';
import type { AddedWebllmModel, WebllmStorage } from '../../storage/key-value/webllm';
import { noRoomForModel } from '../../storage/storage-errors';
import { cacheBytes, weightsBytes } from './webllm-size';

export interface WebllmParts {
  readonly storage: WebllmStorage;
  /** URL of the page. */
  readonly base: string;
  readonly fetch: typeof fetch;
  /** @throws LabError no-webgpu, adapter-limits */
  device(): Promise<DeviceInfo>;
  room(): Promise<StorageInfo>;
  /** Reports the progress of a download; null when it has ended. */
  onProgress(state: JudgeState | null): void;
  /** Called when models were added, fetched or deleted. */
  changed(): void;
  readonly createWorker?: () => Worker;
}

const recordOf = ({ id, model, modelLib }: AddedWebllmModel): WebllmRecord => ({ id, model, modelLib });

export class WebllmModels implements WebllmCatalog {
  /** Models that can be used as they are. They are remembered so that not every change of a recipe reads the list. */
  private readonly ready = new Set<string>();
  private fetching: { readonly id: string; readonly session: WebllmSession; cancelled: boolean } | null = null;

  constructor(private readonly parts: WebllmParts) {}

  /** The added models first, then WebLLM's in its order. @throws LabError judge-failed, no-storage */
  async list(): Promise<readonly WebllmModel[]> {
    const { added, sizes } = await this.parts.storage.load();
    const device = await this.parts.device().catch(() => null);
    const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]));
    const own = new Map(added.map((model) => [model.id, model]));
    const models = (await this.listed(added)).map((model): WebllmModel => {
      const bytes = bytesOf.get(model.id) ?? null;
      return {
        id: model.id,
        bytes,
        about: bytes ?? nominalBytes(model.id),
        // An added model needs at least the memory of its weights.
        memory: model.memory ?? own.get(model.id)?.memory ?? bytes ?? 0,
        needsF16: model.features.includes('shader-f16'),
        usable: device !== null && isUsable(model, device),
        stored: model.stored,
        custom: own.has(model.id),
      };
    });
    return [...models.filter(({ custom }) => custom), ...models.filter(({ custom }) => !custom)];
  }

  /**
   * A sentence that says why the model cannot be used as a judge here; null if it can.
   * @throws LabError judge-failed, no-storage
   */
  async fault(id: string): Promise<string | null> {
    if (this.ready.has(id)) return null;
    const model = (await this.list()).find((each) => each.id === id);
    if (model === undefined) {
      return `WebLLM has no model ${id}: choose one from its list, or add its addresses in Models.`;
    }
    if (!model.usable) {
      return `This device cannot run ${id}: choose a smaller model, or one that does not need shader-f16.`;
    }
    if (!model.stored) {
      return `${id} is not stored here: fetch it in Models first, or choose another model.`;
    }
    this.ready.add(id);
    return null;
  }

  /** The model to open. @throws LabError judge-failed: the name is empty; no-storage */
  async source(id: string): Promise<WebllmSource> {
    if (id === '') {
      throw new LabError(
        'judge-failed',
        'No model of WebLLM is chosen as the judge.',
        'Choose one in the recipe, or another judge.',
      );
    }
    const { added } = await this.parts.storage.load();
    const found = added.find((each) => each.id === id);
    return { id, record: found === undefined ? null : recordOf(found) };
  }

  /**
   * Bytes of the weights. The host is asked once, and the answer is stored.
   * @throws LabError not-found, hub-unreachable, hub-failed, no-storage
   */
  async size(id: string): Promise<number> {
    const { sizes, added } = await this.parts.storage.load();
    const known = sizes.find((each) => each.id === id);
    if (known !== undefined) return known.bytes;
    const model = (await this.listed(added)).find((each) => each.id === id);
    if (model === undefined) throw unknown(id);
    const bytes = await weightsBytes(
      folderOf(model.model.endsWith('/') ? model.model : `${model.model}/`),
      this.parts.fetch,
    );
    await this.remember(id, bytes);
    return bytes;
  }

  /**
   * Adds a model, if its host has the weights.
   * @throws LabError bad-file, not-found, hub-unreachable, hub-failed, no-storage
   */
  async add(addresses: WebllmRecord): Promise<WebllmModel> {
    const { storage, base, fetch } = this.parts;
    const record = checkedRecord(addresses, base);
    const { added } = await storage.load();
    if ((await this.listed(added)).some(({ id }) => id === record.id)) {
      throw new LabError(
        'bad-file',
        `There is already a model named ${record.id}.`,
        'Give it another name, or delete that one first.',
      );
    }
    const folder = folderOf(record.model);
    const bytes = await weightsBytes(folder, fetch);
    const memory = bytes + ((await cacheBytes(folder, fetch)) ?? 0);
    // Files that were fetched from these addresses before may be of another model.
    await storage.deleteFiles([record.model, record.modelLib]);
    await storage.save({ ...(await storage.load()), added: [...added, { ...record, memory, created: Date.now() }] });
    await this.remember(record.id, bytes);
    this.parts.changed();
    const device = await this.parts.device().catch(() => null);
    const needs16 = needsF16(record.id);
    const usable = device !== null && (!needs16 || device.features.includes('shader-f16'));
    return { id: record.id, bytes, about: bytes, memory, needsF16: needs16, usable, stored: false, custom: true };
  }

  /**
   * Fetches the missing files and loads the model once, to show that it runs on this GPU. Its memory is free again
   * when this resolves.
   * @throws LabError judge-failed, cancelled, storage-full, not-found, hub-unreachable, hub-failed
   */
  async fetch(id: string): Promise<void> {
    if (this.fetching !== null) {
      throw new LabError(
        'judge-failed',
        `${this.fetching.id} is being fetched.`,
        'Wait until it is done, or cancel it first.',
      );
    }
    const { createWorker, onProgress, room } = this.parts;
    const session = new WebllmSession(id, createWorker && { createWorker });
    const current = { id, session, cancelled: false };
    this.fetching = current;
    const judge = `webllm ${id}`;
    try {
      onProgress({ judge, ...STARTING });
      const source = await this.source(id);
      const bytes = await this.size(id);
      const { quota, usage } = await room();
      if (quota > 0 && quota - usage < bytes) throw noRoomForModel(bytes, quota - usage);
      if (!current.cancelled)
        await session.load(source, true, (report) => onProgress({ judge, ...loadPhase(report) }));
      if (!current.cancelled) await session.release();
    } catch (error) {
      if (!current.cancelled) throw error;
    } finally {
      session.stop('was closed');
      this.fetching = null;
      onProgress(null);
      this.parts.changed();
    }
    if (current.cancelled) {
      throw new LabError(
        'cancelled',
        `Fetching ${id} was cancelled.`,
        'The part that was fetched is stored: fetch it again to continue, or delete it.',
      );
    }
  }

  /** Ends the current download. */
  cancel(): void {
    if (this.fetching === null) return;
    this.fetching.cancelled = true;
    this.fetching.session.stop('was cancelled');
  }

  /**
   * Deletes a model's files, also of a cancelled download, and the record of an added model.
   * @throws LabError not-found, no-storage
   */
  async delete(id: string): Promise<void> {
    const { storage } = this.parts;
    if (this.fetching?.id === id) this.cancel();
    this.ready.delete(id);
    const { added, sizes } = await storage.load();
    const models = await this.listed(added);
    const model = models.find((each) => each.id === id);
    if (model === undefined) throw unknown(id);
    // Models of the same architecture share a library.
    const shared = models.some((each) => each.id !== id && each.stored && each.modelLib === model.modelLib);
    await storage.deleteFiles([`${model.model.replace(/\/$/, '')}/`, ...(shared ? [] : [model.modelLib])]);
    await storage.save({
      added: added.filter((each) => each.id !== id),
      sizes: sizes.filter((each) => each.id !== id),
    });
    this.parts.changed();
  }

  private async remember(id: string, bytes: number): Promise<void> {
    const kept = await this.parts.storage.load();
    await this.parts.storage.save({ ...kept, sizes: [...kept.sizes.filter((each) => each.id !== id), { id, bytes }] });
  }

  /** Asks WebLLM, in a worker that ends with the answer. */
  private async listed(added: readonly AddedWebllmModel[]): Promise<readonly ListedModel[]> {
    const { createWorker } = this.parts;
    const session = new WebllmSession('WebLLM', createWorker && { createWorker });
    try {
      return await session.list(added.map(recordOf));
    } finally {
      session.stop('was closed');
    }
  }
}

function isUsable({ features, binding }: ListedModel, device: DeviceInfo): boolean {
  return (
    features.every((feature) => device.features.includes(feature)) && binding <= device.maxStorageBufferBindingSize
  );
}

const unknown = (id: string): LabError =>
  new LabError('not-found', `WebLLM has no model ${id}.`, 'Choose one from its list, or add its addresses in Models.');
