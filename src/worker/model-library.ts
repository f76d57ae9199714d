import { architectureOf, type ModelUse, useOf } from '../formats/model-use';
import { LabError, toFailure } from '../lib/errors';
import { parseConfig } from '../model/config';
import { describeModel, type ModelDescription } from '../model/describe';
import { type ModelSource, openModel } from '../model/language-model';
import type { TemplateRenderer } from '../model/template-renderer';
import type { RecipeFault } from '../recipe/check-recipe';
import { baseModelName, parseModelId } from '../recipe/model-id';
import { judgesOf } from '../recipe/panel';
import type { Recipe } from '../recipe/recipe';
import type { ModelStore } from '../storage/models';
import type { ModelFile, ModelOrigin, StoredModel } from '../storage/schema';
import type { JudgeTexts } from './judge-reading';
import { ModelFiles } from './model-files';
import type { Failure, ModelInfo } from './protocol';
import { StoredModelSource } from './stored-model';

const BUNDLED = ['tiny-thinker'];

/** A stored judge. */
export interface JudgeFiles extends JudgeTexts {
  readonly name: string;
  /** Of all its files. */
  readonly names: readonly string[];
  /** The graph with its weights. */
  readonly model: Blob;
}

/** The models that a recipe can name: bundled with the page, or stored. */
export class ModelLibrary {
  private readonly bundled = new Map<string, ModelInfo>();
  /** Why a stored model could not be opened in this visit; a newer page may open it. */
  private readonly failures = new Map<string, Failure>();

  constructor(
    /** Address of the page. */
    private readonly base: string,
    private readonly store: ModelStore,
    private readonly templates: TemplateRenderer,
  ) {}

  async list(): Promise<readonly ModelInfo[]> {
    const list: ModelInfo[] = [];
    for (const name of BUNDLED) list.push(await this.bundledInfo(name));
    // One after the other: each is opened whole, tokenizer and all.
    for (const model of await this.store.list()) list.push(await this.storedInfo(model));
    return list;
  }

  /** @throws LabError not-found */
  async source(id: string): Promise<ModelSource> {
    if (parseModelId(id)?.source === 'bundled') return new ModelFiles(this.base, id);
    const model = await this.store.get(id);
    if (model === null) {
      throw new LabError(
        'not-found',
        `The model ${baseModelName(id)} is not stored here.`,
        'Fetch it in Models first, or choose another.',
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

  /** A stored judge's files. @throws LabError judge-failed: it is not here, or is of another use; bad-file */
  async judge(id: string, use: JudgeUse): Promise<JudgeFiles> {
    const model = await this.store.get(id);
    const graph = model?.files.find(isGraph);
    if (model === null || graph === undefined || usedAs(model) !== use) {
      throw new LabError('judge-failed', unfit(id, use, model), 'Add it in Models, or choose another judge.');
    }
    const source = this.sourceOf(model);
    return {
      name: model.name,
      names: model.files.map(({ name }) => name),
      text: (file) => source.text(file),
      optionalText: (file) => source.optionalText(file),
      model: await this.store.file(graph),
    };
  }

  /** Why a run cannot have the stored judges that its recipe names; null where it can. */
  async judgeFault(recipe: Recipe): Promise<RecipeFault | null> {
    for (const [kind, use, field] of [
      ['onnx', 'reward', 'onnxModel'],
      ['similarity', 'embedding', 'similarityModel'],
    ] as const) {
      const id = recipe[field];
      if (!judgesOf(recipe).includes(kind) || (kind === 'onnx' && id === '')) continue;
      const model = id === '' ? null : await this.store.get(id);
      if (model === null || usedAs(model) !== use) return { field, message: unfit(id, use, model) };
    }
    return null;
  }

  /** What its files say now. @throws LabError bad-file, unsupported-model */
  async describe(model: Pick<StoredModel, 'id' | 'files'>): Promise<ModelDescription> {
    this.failures.delete(model.id);
    const source = this.sourceOf(model);
    const graph = model.files.find(isGraph);
    if (graph === undefined) return describeModel(await openModel(source, this.templates));
    // Judges that are added are few.
    const { describeJudge } = await import('./describe-judge');
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
      const model = await openModel(new ModelFiles(this.base, name), this.templates);
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

/** Whether the lab reads a model of this config.json. @param names of its files. @throws LabError bad-file, unsupported-model */
export function checkConfig(text: string, names: readonly string[]): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-file', 'config.json is not JSON.', 'Choose another model.', { cause });
  }
  if (names.some((name) => isGraph({ name }))) checkJudge(json, names);
  else parseConfig(json);
}

/** Of use as a judge, whatever its graph holds. @throws LabError unsupported-model */
function checkJudge(json: unknown, names: readonly string[]): void {
  const architecture = architectureOf(json);
  if (architecture === '' || useOf(architecture, names) !== 'policy') return;
  throw new LabError(
    'unsupported-model',
    `It is a language model in ONNX (${architecture}), and policies are read from safetensors and GGUF.`,
    'Choose a reward model or a sentence-embedding model, or the same one in another format.',
  );
}

type JudgeUse = Exclude<ModelUse, 'policy'>;

const isGraph = ({ name }: Pick<ModelFile, 'name'>): boolean => name.endsWith('.onnx');

/** A judge whose files could not be understood is one all the same. */
function usedAs({ description, files }: Pick<StoredModel, 'description' | 'files'>): ModelUse {
  return description?.use ?? (files.some(isGraph) ? 'reward' : 'policy');
}

const USE_NAMES: Readonly<Record<ModelUse, string>> = {
  policy: 'a language model',
  reward: 'a reward model',
  embedding: 'a sentence-embedding model',
};

/** Why no judge of this use is to be had under an id. */
function unfit(id: string, use: JudgeUse, model: StoredModel | null): string {
  if (id === '') return `The recipe names no ${USE_NAMES[use].slice(2)}: add one in Models and choose it.`;
  if (model === null) return `The judge ${baseModelName(id)} is not stored here: fetch it in Models first, or choose another.`;
  return `${model.name} is ${USE_NAMES[usedAs(model)]}; this judge needs ${USE_NAMES[use]}.`;
}

const UNKNOWN = { architecture: null, parameters: null, quantization: null };

/** With its quantization, unless the name says it. */
function fullName({ name }: Pick<ModelOrigin, 'name'>, description: ModelDescription | null): string {
  if (description === null || name.toLowerCase().includes(description.quantization.toLowerCase())) return name;
  return `${name} ${description.quantization}`;
}
