/**
 * Compares the engine with numbers that PyTorch, PEFT and TRL computed for the same weights: everything in a folder
 * of golden numbers, with the same plans that a run uses.
 */
import type { ByteSource } from '../../formats/byte-source';
import { LabError } from '../../lib/errors';
import { openGgufModel } from '../../model/gguf/gguf-model';
import { type LanguageModel, openModel } from '../../model/language-model';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { CACHE_TYPES, compareForward, type ParityContext } from './forward';
import { compareGguf, ggufNames } from './gguf';
import { GoldenFolder, type ParityFiles } from './golden-folder';
import { comparePreference } from './preference';
import { compareRealModel } from './real-model';
import type { Comparison } from './tolerances';

/** @throws LabError bad-file, unsupported-model if the folder has another layout */
export async function parity(context: ParityContext, files: ParityFiles): Promise<Comparison[]> {
  const folder = new GoldenFolder(files);
  const { given } = folder;
  if (given !== null) return compareRealModel(context, folder, await openGiven(given, context.templates));
  if (ggufNames(folder).length > 0) return compareGguf(context, folder);
  if (!folder.has('config.json'))
    throw new LabError('bad-file', 'There is no config.json.', 'The layout is that of e2e/golden/models.');
  const rows: Comparison[] = [];
  const config = await folder.config();
  const model = await folder.model();

  if (folder.has('forward.safetensors')) {
    const inputs = await folder.tensors('forward.safetensors');
    const forward = { inputs, expected: inputs, adapter: null };
    rows.push(...(await compareForward(context, '', { ...forward, config, model, cacheTypes: CACHE_TYPES })));
    if (folder.has('config.v4.json')) {
      rows.push(
        ...(await compareForward(context, 'config.v4: ', {
          ...forward,
          config: await folder.config('config.v4.json'),
          model,
        })),
      );
    }
    if (folder.has('sharded/model.safetensors.index.json')) {
      rows.push(
        ...(await compareForward(context, 'sharded: ', { ...forward, config, model: await folder.model('sharded/') })),
      );
    }
    for (const name of folder.names.filter((candidate) => candidate.endsWith('/expected.safetensors'))) {
      const sub = name.slice(0, -'expected.safetensors'.length);
      const expected = await folder.tensors(name);
      if (folder.has(`${sub}adapter_config.json`)) {
        const adapter = await folder.adapter(sub.slice(0, -1));
        rows.push(...(await compareForward(context, `${sub} `, { config, model, inputs, expected, adapter })));
      } else {
        const other = { config: await folder.config(`${sub}config.json`), model: await folder.model(sub) };
        rows.push(
          ...(await compareForward(context, `${sub} `, { ...other, inputs: expected, expected, adapter: null })),
        );
      }
    }
  }
  if (folder.has('dpo.safetensors')) rows.push(...(await comparePreference(context, folder)));
  return rows;
}

/** Opens a model from one GGUF file, without other files. */
function openGiven(file: ByteSource, templates: TemplateRenderer): Promise<LanguageModel> {
  const missing = () => new LabError('not-found', 'The model is a single file.');
  const source = {
    name: file.name,
    gguf: file.name,
    text: async () => Promise.reject(missing()),
    optionalText: async () => null,
    bytes: async (name: string) => (name === file.name ? file : Promise.reject(missing())),
  };
  return openModel(source, templates, openGgufModel);
}
