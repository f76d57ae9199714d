/**
 * Compares a folder of GGUF models: tokens, logits and log-probabilities of each, and the values of every block type.
 */
import * as v from 'valibot';
import { dequantize, readFloat32 } from '../../formats/dequantize';
import { isGgmlType } from '../../formats/ggml-types';
import { openGguf } from '../../formats/gguf/gguf';
import { LabError } from '../../lib/errors';
import { readGgufConfig } from '../../model/gguf/gguf-config';
import { huggingFaceTensors } from '../../model/gguf/gguf-tensors';
import { ggufTokenizer, ggufTokenizerConfig } from '../../model/gguf/gguf-tokenizer';
import { Tokenizer } from '../../model/tokenizer/tokenizer';
import { compareForward, type ParityContext } from './forward';
import type { GoldenFolder } from './golden-folder';
import { type Comparison, compare } from './tolerances';

const ModelSchema = v.object({
  tokenizations: v.array(v.object({ text: v.string(), ids: v.array(v.number()) })),
});
const BlocksSchema = v.object({
  types: v.record(v.string(), v.object({ offset: v.number(), bytes: v.number() })),
});

/** Names of the models in a folder with the layout of e2e/golden/gguf. */
export function ggufNames(folder: GoldenFolder): string[] {
  return folder.names.flatMap((name) => /^([^/]+)\.gguf$/.exec(name)?.[1] ?? []);
}

/** @throws LabError bad-file, unsupported-model */
export async function compareGguf(context: ParityContext, folder: GoldenFolder): Promise<Comparison[]> {
  const rows: Comparison[] = [];
  for (const name of ggufNames(folder)) rows.push(...(await compareModel(context, folder, name)));
  if (folder.has('blocks.json')) rows.push(...(await compareBlocks(folder)));
  return rows;
}

async function compareModel(context: ParityContext, folder: GoldenFolder, name: string): Promise<Comparison[]> {
  const gguf = await openGguf(await folder.source(`${name}.gguf`));
  const config = await readGgufConfig(gguf);
  const tokenizer = new Tokenizer(ggufTokenizer(gguf), JSON.stringify(ggufTokenizerConfig(gguf)));
  const { tokenizations } = await folder.json(`${name}.json`, ModelSchema);
  const counted = (ids: readonly number[]) => [ids.length, ...ids];
  const tokens = compare(
    `${name}: tokenizations`,
    tokenizations.flatMap(({ text }) => counted(tokenizer.encode(text))),
    tokenizations.flatMap(({ ids }) => counted(ids)),
    'exact',
  );
  const expected = await folder.tensors(`${name}.expected.safetensors`);
  const model = huggingFaceTensors(gguf, config);
  return [
    tokens,
    ...(await compareForward(context, `${name}: `, { config, model, inputs: expected, expected, adapter: null })),
  ];
}

async function compareBlocks(folder: GoldenFolder): Promise<Comparison[]> {
  const { types } = await folder.json('blocks.json', BlocksSchema);
  const raw = await folder.source('blocks.bin');
  const values = await folder.tensors('blocks.safetensors');
  const rows: Comparison[] = [];
  for (const [type, { offset, bytes }] of Object.entries(types)) {
    if (!isGgmlType(type))
      throw new LabError('bad-file', `blocks.json has blocks of type ${type}, which is not supported.`);
    const got = dequantize(type, await raw.read(offset, bytes));
    rows.push(compare(`blocks of ${type}`, got, await readFloat32(values, type), 'exact'));
  }
  return rows;
}
