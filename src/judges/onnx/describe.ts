/** Describes a judge from its files, without reading its weights. */
import type { ByteSource } from '../../formats/byte-source';
import { useOf } from '../../formats/model-folder';
import { readOnnx } from '../../formats/onnx';
import { LabError } from '../../lib/errors';
import type { ModelDescription } from '../../model/language-model';
import { judgeConfig, longestInput, poolingOf, tokenizerConfig } from './config';
import { graphFault } from './graph';
import { type JudgeTexts, openTokenizer } from './reading';

/** @param names all file names of the model. @throws LabError bad-file, unsupported-model */
export async function describeJudge(
  files: JudgeTexts,
  graph: ByteSource,
  names: readonly string[],
): Promise<ModelDescription> {
  const config = judgeConfig(await files.text('config.json'));
  const architecture = config.architectures?.[0] ?? '';
  const use = useOf(architecture, names);
  if (use === 'policy') throw unfit(`is of an unknown kind (${architecture || 'config.json names no architecture'})`);
  const { inputs, outputs, parameters, type, external } = await readOnnx(graph);
  if (external.length > 0) throw unfit(`keeps its weights in another file, ${external[0]}, which is not supported`);
  const fault = graphFault(use, inputs, outputs);
  if (fault !== null) throw unfit(`cannot be run: ${fault}`);
  // The remaining faults that opening the judge would report.
  const { config: tokenizer } = await openTokenizer(files);
  longestInput(config, tokenizerConfig(tokenizer).maxTokens, await files.optionalText('sentence_bert_config.json'));
  if (!outputs.includes('sentence_embedding')) poolingOf(await files.optionalText('1_Pooling/config.json'));
  return { use, architecture, parameters, quantization: type };
}

const unfit = (clause: string): LabError =>
  new LabError(
    'unsupported-model',
    `This ONNX model ${clause}.`,
    'Choose a reward model or a sentence-embedding model in one ONNX file.',
  );
