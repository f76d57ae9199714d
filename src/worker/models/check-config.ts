import { architectureOf, useOf } from '../../formats/model-use';
import { LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import { isGraph } from './stored-model';

/**
 * Checks that a model with this config.json can be used.
 * @param names the names of its files
 * @throws LabError bad-file, unsupported-model
 */
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

/** Checks that a model in ONNX is a judge. Its graph is not read. @throws LabError unsupported-model */
function checkJudge(json: unknown, names: readonly string[]): void {
  const architecture = architectureOf(json);
  if (architecture === '' || useOf(architecture, names) !== 'policy') return;
  throw new LabError(
    'unsupported-model',
    `This is a language model in ONNX (${architecture}). Policies are read from safetensors and GGUF only.`,
    'Choose a reward model or a sentence-embedding model, or the same model in another format.',
  );
}
