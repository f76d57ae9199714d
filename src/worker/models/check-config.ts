import { architectureOf, useOf } from '../../formats/model-folder';
import { LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import { isGraph } from './stored-model';

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
