/** WebLLM in its own worker. Its 6.8 MB are served by this site and fetched when such a judge is first used. */
import { type AppConfig, hasModelInCache, MLCEngine, type ModelRecord, prebuiltAppConfig } from '@mlc-ai/web-llm';
import { expose } from 'comlink';
import { createWebllmWorker, type ListedModel } from './engine';
import { needsF16, type WebllmRecord } from './record';

/** `ModelType.embedding`. The package exports this enumeration only as a type. */
const EMBEDDING = 1;

const own = prebuiltAppConfig.model_list.filter(({ model_type }) => model_type !== EMBEDDING);

const recordOf = ({ id, model, modelLib }: WebllmRecord): ModelRecord => ({
  model_id: id,
  model,
  model_lib: modelLib,
});

function configWith(added: readonly WebllmRecord[]): AppConfig {
  return { ...prebuiltAppConfig, model_list: [...own, ...added.map(recordOf)] };
}

async function listed(record: ModelRecord, config: AppConfig): Promise<ListedModel> {
  const {
    model_id,
    model,
    model_lib,
    vram_required_MB,
    required_features = [],
    buffer_size_required_bytes = 0,
  } = record;
  return {
    id: model_id,
    model,
    modelLib: model_lib,
    memory: vram_required_MB === undefined ? null : Math.round(vram_required_MB * 2 ** 20),
    // Most records of 16-bit models do not name the feature without which their kernels do not compile.
    features: needsF16(model_id) ? [...new Set([...required_features, 'shader-f16'])] : required_features,
    binding: buffer_size_required_bytes,
    stored: await hasModelInCache(model_id, config),
  };
}

expose(
  createWebllmWorker({
    async list(added) {
      const config = configWith(added);
      return Promise.all(config.model_list.map((record) => listed(record, config)));
    },
    isStored: (id, added) => hasModelInCache(id, configWith(added === null ? [] : [added])),
    createEngine: (added, onReport) =>
      new MLCEngine({
        appConfig: configWith(added === null ? [] : [added]),
        initProgressCallback: ({ progress, text }) => onReport({ progress, text }),
        logLevel: 'ERROR',
      }),
  }),
);
