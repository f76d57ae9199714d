import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../../formats/byte-source';
import { readFloat32 } from '../../formats/dequantize';
import { openGguf } from '../../formats/gguf/gguf';
import { writeGguf } from '../../formats/gguf/testing';
import { openSafetensors } from '../../formats/safetensors';
import { at } from '../../lib/assert';
import { huggingFaceConfig } from './gguf-config';
import { huggingFaceTensors } from './gguf-tensors';

const golden = (path: string) =>
  new MemorySource(path, new Uint8Array(readFileSync(new URL(`../../../e2e/golden/${path}`, import.meta.url))));
async function open(name: string) {
  const gguf = await openGguf(golden(`gguf/${name}.gguf`));
  const { head_dim } = huggingFaceConfig(gguf);
  return huggingFaceTensors(gguf, { headSize: Number(head_dim) });
}

describe('tensors under Hugging Face’s names', () => {
  it.each(['llama', 'llama3', 'qwen2', 'gemma3'])('of %s are those of its safetensors file', async (name) => {
    const { tensors } = await open(name);
    const exact = await openSafetensors(golden(`models/${name}/model.safetensors`));
    expect([...tensors.keys()].sort()).toEqual([...exact.tensors.keys()].sort());
    for (const [tensor, { shape }] of exact.tensors) expect(tensors.get(tensor)?.shape).toEqual(shape);
  });

  it.each([
    ['llama', [0, 2, 1, 3, 4, 6, 5, 7]],
    ['qwen2', [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('of %s have queries and keys in Hugging Face’s order', async (architecture, order) => {
    const rows = (count: number) => Float32Array.from({ length: count * 2 }, (_, i) => i >> 1);
    const tensor = (count: number) =>
      ({ type: 'F32', shape: [count, 2], bytes: new Uint8Array(rows(count).buffer) }) as const;
    const bytes = writeGguf({
      metadata: { 'general.architecture': ['string', architecture] },
      tensors: {
        'blk.0.attn_q.weight': tensor(8),
        'blk.0.attn_k.weight': tensor(4),
        'blk.0.attn_v.weight': tensor(4),
      },
    });
    const file = huggingFaceTensors(await openGguf(new MemorySource('made-up.gguf', bytes)), { headSize: 4 });
    const read = async (module: string) =>
      (await readFloat32(file, `model.layers.0.self_attn.${module}.weight`)).filter((_, i) => i % 2 === 1);
    expect([...(await read('q_proj'))]).toEqual(order);
    expect([...(await read('k_proj'))]).toEqual(order.slice(0, 4));
    expect([...(await read('v_proj'))]).toEqual([0, 1, 2, 3]);
  });

  it('of Qwen 3 have norms of heads', async () => {
    const { tensors } = await open('qwen3');
    expect(tensors.get('model.layers.1.self_attn.q_norm.weight')?.shape).toEqual([64]);
    expect(tensors.get('model.layers.1.self_attn.k_proj.weight')).toMatchObject({ dtype: 'Q3_K', shape: [128, 256] });
  });

  it('are the same read in slices as read at once, across heads and within them', async () => {
    const file = await open('llama');
    for (const name of ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'mlp.down_proj']) {
      const tensor = `model.layers.1.${name}.weight`;
      const whole = await file.read(tensor);
      const rows = at(file.tensors.get(tensor)?.shape ?? [], 0);
      const rowBytes = whole.length / rows;
      for (const [first, end] of [
        [0, rows],
        [0, 1],
        [3, 5],
        [7, 9],
        [15, 17],
        [9, 31],
        [rows - 1, rows],
        [4, 4],
      ] as const) {
        expect(await file.readRows(tensor, first, end)).toEqual(whole.slice(first * rowBytes, end * rowBytes));
      }
      await expect(file.readRows(tensor, 0, rows + 1)).rejects.toThrow(`rows 0 to ${rows + 1} were asked for`);
    }
    await expect(file.read('model.layers.9.mlp.up_proj.weight')).rejects.toThrow('no tensor for model.layers.9');
  });

  it('are refused by name if one is unknown', async () => {
    const bytes = writeGguf({
      metadata: { 'general.architecture': ['string', 'llama'] },
      tensors: { 'blk.0.attn_sinks.weight': { type: 'F32', shape: [4] } },
    });
    const gguf = await openGguf(new MemorySource('made-up.gguf', bytes));
    expect(() => huggingFaceTensors(gguf, { headSize: 4 })).toThrow(
      expect.objectContaining({
        code: 'unsupported-model',
        message: expect.stringContaining('blk.0.attn_sinks.weight'),
      }),
    );
  });
});
