/** What a judge's files say of it: no weights are read. */
import type { ByteSource } from '../../formats/byte-source';
import { useOf } from '../../formats/model-use';
import { readOnnx } from '../../formats/onnx';
import { LabError } from '../../lib/errors';
import type { ModelDescription } from '../../model/describe';
import { judgeConfig, longestInput, poolingOf, tokenizerConfig } from './config';
import { graphFault } from './graph';
import { type JudgeTexts, openTokenizer } from './reading';

/** @param names of its files. @throws LabError bad-file, unsupported-model */
export async function describeJudge(
  files: JudgeTexts,
  graph: ByteSource,
  names: readonly string[],
): Promise<ModelDescription> {
  const config = judgeConfig(await files.text('config.json'));
  const architecture = config.architectures?.[0] ?? '';
  const use = useOf(architecture, names);
  if (use === 'policy') throw unfit(`is of no known kind (${architecture || 'config.json names no architecture'})`);
  const { inputs, outputs, parameters, type, external } = await readOnnx(graph);
  if (external.length > 0) throw unfit(`keeps weights in another file, ${external[0]}, which the lab does not read`);
  const fault = graphFault(use, inputs, outputs);
  if (fault !== null) throw unfit(`cannot be run: ${fault}`);
  // What else opening it would refuse.
  const { config: tokenizer } = await openTokenizer(files);
  longestInput(config, tokenizerConfig(tokenizer).most, await files.optionalText('sentence_bert_config.json'));
  if (!outputs.includes('sentence_embedding')) poolingOf(await files.optionalText('1_Pooling/config.json'));
  return { use, architecture, parameters, quantization: type };
}

const unfit = (clause: string): LabError =>
  new LabError(
    'unsupported-model',
    `This ONNX model ${clause}.`,
    'Choose a reward model or a sentence-embedding model in one ONNX file.',
  );
