import { encodeUserMessage, type LanguageModel, openModel } from '../../model/language-model';
import type { ModelSource } from '../../model/model-source';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import type { PromptEncoder } from '../../tpo/generation/run-prompts';
import { load } from '../lazy-modules';

/** @throws LabError not-found, bad-file, unsupported-model */
export function openFromSource(source: ModelSource, templates: TemplateRenderer): Promise<LanguageModel> {
  return openModel(source, templates, async (...file) => (await load.ggufModel()).openGgufModel(...file));
}

/** The recipe's model, and one whose costs are being looked at. A large vocabulary takes 100 MB. */
const MODELS_KEPT = 2;

/** The last language models that were opened, and the tokens of their prompts. Their weights stay in files. */
export class LanguageModels {
  /** By id, the newest last. */
  private readonly models = new Map<string, Promise<LanguageModel>>();
  /** Tokens by message: while a recipe is edited, the same prompts are encoded again and again. */
  private readonly encoded = new WeakMap<LanguageModel, Map<string, Promise<readonly number[]>>>();

  /** @param source the files of a model. It throws LabError not-found, unsupported-model */
  constructor(
    private readonly source: (id: string) => Promise<ModelSource>,
    private readonly templates: TemplateRenderer,
  ) {}

  /** @throws LabError not-found, bad-file, unsupported-model */
  get(id: string): Promise<LanguageModel> {
    const opened = this.models.get(id) ?? this.source(id).then((source) => openFromSource(source, this.templates));
    this.models.delete(id);
    this.models.set(id, opened);
    opened.catch(() => {
      if (this.models.get(id) === opened) this.models.delete(id);
    });
    for (const oldest of [...this.models.keys()].slice(0, -MODELS_KEPT)) this.models.delete(oldest);
    return opened;
  }

  /** Call this when the model's files have changed or were deleted. */
  forget(id: string): void {
    this.models.delete(id);
  }

  /** Encodes each message once while the model is kept. */
  encoder(model: LanguageModel): PromptEncoder {
    const known = this.encoded.get(model) ?? new Map<string, Promise<readonly number[]>>();
    this.encoded.set(model, known);
    return {
      contextLength: model.config.context,
      encodePrompt(message, native) {
        const key = `${native} ${message}`;
        const tokens = known.get(key) ?? encodeUserMessage(model, message, native);
        known.set(key, tokens);
        tokens.catch(() => known.delete(key));
        return tokens;
      },
    };
  }
}
