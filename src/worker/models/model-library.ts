import { type Failure, LabError, toFailure } from '../../lib/errors';
import { describeModel, type ModelDescription } from '../../model/language-model';
import type { ModelSource } from '../../model/model-source';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { baseModelName, parseModelId } from '../../recipe/model-id';
import type { ModelInfo } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import type { ModelOrigin, StoredModel } from '../../storage/schema';
import { load } from '../lazy-modules';
import { openFromSource } from './language-models';
import { ModelFiles } from './model-files';
import { isGraph, StoredModelSource, usedAs } from './stored-model';

const BUNDLED = ['tiny-thinker'];

/** The models that a recipe can name: those bundled with the page, and those in the browser's storage. */
export class ModelLibrary {
  private readonly bundled = new Map<string, ModelInfo>();
  /** Why stored models could not be opened. Not stored, because a newer version of the page may open them. */
  private readonly failures = new Map<string, Failure>();

  constructor(
    /** URL of the page. */
    private readonly base: string,
    private readonly store: ModelStore,
    private readonly templates: TemplateRenderer,
  ) {}

  async list(): Promise<readonly ModelInfo[]> {
    const list: ModelInfo[] = [];
    for (const name of BUNDLED) list.push(await this.bundledInfo(name));
    // One after the other, because opening a model parses its whole tokenizer.
    for (const model of await this.store.list()) list.push(await this.storedInfo(model));
    return list;
  }

  /** The files of a language model. @throws LabError not-found, unsupported-model: it is a judge */
  async source(id: string): Promise<ModelSource> {
    if (parseModelId(id)?.source === 'bundled') return new ModelFiles(this.base, id);
    const model = await this.store.get(id);
    if (model === null) {
      throw new LabError(
        'not-found',
        `The model ${baseModelName(id)} is not stored here.`,
        'Download it in Models first, or choose another.',
      );
    }
    if (usedAs(model) !== 'policy') {
      throw new LabError(
        'unsupported-model',
        `${model.name} is a judge, not a language model.`,
        'Choose another model as the policy.',
      );
    }
    return this.sourceOf(model);
  }

  /** Describes a model from its files. @throws LabError bad-file, unsupported-model */
  async describe(model: Pick<StoredModel, 'id' | 'files'>): Promise<ModelDescription> {
    this.failures.delete(model.id);
    const source = this.sourceOf(model);
    const graph = model.files.find(isGraph);
    if (graph === undefined) return describeModel(await openFromSource(source, this.templates));
    const { describeJudge } = await load.onnxDescription();
    return describeJudge(
      source,
      await source.bytes(graph.name),
      model.files.map(({ name }) => name),
    );
  }

  /** @throws LabError not-found */
  async delete(id: string): Promise<void> {
    if ((await this.store.get(id)) === null) throw new LabError('not-found', 'This model is not stored here.');
    this.failures.delete(id);
    await this.store.delete(id);
  }

  /** @throws LabError not-found */
  async info(id: string): Promise<ModelInfo> {
    const model = await this.store.get(id);
    if (model === null) throw new LabError('not-found', 'This model is not stored here.');
    return this.storedInfo(model);
  }

  private sourceOf({ id, files }: Pick<StoredModel, 'id' | 'files'>): StoredModelSource {
    return new StoredModelSource(baseModelName(id), files, (file) => this.store.open(file));
  }

  private async bundledInfo(name: string): Promise<ModelInfo> {
    const known = this.bundled.get(name);
    if (known) return known;
    const info = {
      id: name,
      name,
      use: 'policy',
      source: 'bundled',
      repository: null,
      revision: null,
      licence: null,
      created: 0,
    } as const;
    try {
      const model = await openFromSource(new ModelFiles(this.base, name), this.templates);
      const bytes = Math.max(...[...model.weights.tensors.values()].map(({ offset, length }) => offset + length));
      const found = { ...info, ...describeModel(model), bytes, failure: null };
      this.bundled.set(name, found);
      return found;
    } catch (error) {
      return { ...info, ...UNKNOWN, bytes: 0, failure: toFailure(error) };
    }
  }

  private async storedInfo(model: StoredModel): Promise<ModelInfo> {
    const { id, source, repository, revision, licence, created, files } = model;
    let { description } = model;
    let failure = this.failures.get(id) ?? null;
    if (failure === null) {
      try {
        if (description === null) {
          description = await this.describe(model);
          await this.store.describe(id, description);
        } else {
          for (const file of files) await this.store.open(file);
        }
      } catch (error) {
        failure = toFailure(error);
        this.failures.set(id, failure);
      }
    }
    return {
      ...{ id, source, repository, revision, licence, created, failure },
      name: fullName(model, description),
      use: usedAs(model),
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      ...(description ?? UNKNOWN),
    };
  }
}

const UNKNOWN = { architecture: null, parameters: null, quantization: null };

/** The name with the quantization, unless it is part of the name. */
function fullName({ name }: Pick<ModelOrigin, 'name'>, description: ModelDescription | null): string {
  if (description === null || name.toLowerCase().includes(description.quantization.toLowerCase())) return name;
  return `${name} ${description.quantization}`;
}
